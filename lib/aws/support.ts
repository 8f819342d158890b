/** Fields of the definition that this target does not carry out, with the reason: refused at synth. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'conversion.format=tflite': 'endpoints serve ONNX',
};

/** Fields that are carried out in another way than they say, with the way. */
export const EMULATED: Readonly<Record<string, string>> = {
  'training.data': 'jobs read datasets/<pipeline>/ of the store, where you put the data',
};

/** Fields that are carried out as they are, beside what the plan carries out by itself. */
export const SUPPORTED: readonly string[] = [
  'source',
  'training.preprocess.machine',
  'training.preprocess.timeoutMinutes',
  'training.train.machine',
  'training.train.timeoutMinutes',
  'training.train.capacity',
  'training.train.maxWaitMinutes',
  'training.train.checkpoints',
  'training.train.fallbackMachines',
  'training.train.warmPoolMinutes',
  'training.tuning',
  'training.distribution',
  'training.evaluate.machine',
  'training.evaluate.timeoutMinutes',
  'optimization.prune.machine',
  'optimization.prune.timeoutMinutes',
  'optimization.distill.machine',
  'optimization.distill.timeoutMinutes',
  'optimization.quantize.machine',
  'optimization.quantize.timeoutMinutes',
  'conversion.export',
  'deployment.approval',
  'deployment.endpoint.runtime',
  'deployment.endpoint.mode',
  'deployment.endpoint.machine',
  'deployment.endpoint.generation',
  'deployment.endpoint.replicas.min',
  'deployment.endpoint.replicas.max',
  'deployment.endpoint.replicas.requestsPerMinute',
  'deployment.endpoint.replicas.concurrentRequests',
  'deployment.endpoint.replicas.gpuPercent',
  'deployment.endpoint.replicas.backlog',
  'deployment.release',
  'monitoring.notify',
  'monitoring.performance',
  'monitoring.resources',
  'monitoring.queue',
  'monitoring.modelAgeDays',
  'monitoring.capture',
  'monitoring.drift',
  'monitoring.feedback',
];
