/** Fields that a run on this machine does not carry out, with the reason. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.framework=tensorflow': 'the stage programs train and export PyTorch models',
  'training.tuning.earlyStopping=auto': 'every trial trains to its end',
  'training.tuning.warmStart': 'there are no tuning jobs to learn from',
  'optimization.prune': 'there is no pruning program yet',
  'optimization.distill': 'there is no distillation program yet',
  'conversion.format=tflite': 'the export writes ONNX',
  'deployment.endpoint.mode=asynchronous': 'the server answers at once',
  'monitoring.resources': 'nothing watches a server between two runs',
  'monitoring.queue': 'no request waits',
  'monitoring.modelAgeDays': 'nothing watches a version between two runs',
  'monitoring.capture': 'requests are not recorded',
  'monitoring.drift': 'nothing runs between two runs',
  'monitoring.feedback': 'nothing runs between two runs',
};
