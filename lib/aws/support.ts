/** Fields of the definition that this target does not carry out, with the reason: refused at synth. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.framework=tensorflow': 'the stage programs export PyTorch models',
  'training.tuning': 'training runs once, with the hyperparameters of training.train',
  'training.distribution': 'training runs on one machine',
  'training.transferLearning': 'training starts from no earlier weights',
  'training.augmentation': 'data is augmented in preprocess.py only',
  'training.train.capacity=spot': 'training runs on machines that are not taken away',
  'optimization.prune': 'the only optimisation is quantisation',
  'optimization.distill': 'the only optimisation is quantisation',
  'conversion.format=tflite': 'endpoints serve ONNX',
  'monitoring.drift': 'drift is not watched',
  'monitoring.feedback': 'feedback starts no run',
};
