/** Fields of the definition that this target does not carry out, with the reason: refused at synth. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.framework=tensorflow': 'the stage programs export PyTorch models',
  'optimization.prune': 'the only optimisation is quantisation',
  'optimization.distill': 'the only optimisation is quantisation',
  'conversion.format=tflite': 'endpoints serve ONNX',
  'deployment.endpoint.mode=asynchronous':
    'the release workflow tests a version with answers at once; use ModelEndpoint with Hosting.asynchronous(…)',
  'monitoring.drift': 'drift is not watched',
  'monitoring.feedback': 'feedback starts no run',
};
