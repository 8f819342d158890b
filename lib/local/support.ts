/** Fields that a run on this machine does not carry out, with the reason. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.framework=tensorflow': 'the stage programs train and export PyTorch models',
  'training.tuning': 'there is no tuning program yet',
  'training.distribution': 'one machine, one process',
  'training.transferLearning': 'there is no source of start weights yet',
  'training.augmentation': 'there is no augmentation program yet',
  'training.train.capacity=spot': 'this machine is not interruptible capacity',
  'optimization.prune': 'there is no pruning program yet',
  'optimization.distill': 'there is no distillation program yet',
  'conversion.format=tflite': 'the export writes ONNX',
  'monitoring.resources': 'nothing watches a server between two runs',
  'monitoring.capture': 'requests are not recorded',
  'monitoring.drift': 'nothing runs between two runs',
  'monitoring.feedback': 'nothing runs between two runs',
};
