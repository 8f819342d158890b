/** Fields of the definition that this target does not carry out, with the reason: refused at synth. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.train.warmPoolMinutes': 'every job gets machines of its own',
  'training.tuning.warmStart': 'a study of Vertex AI learns from no other',
  'conversion.format=tflite': 'endpoints serve ONNX',
  'deployment.endpoint.mode=asynchronous': 'endpoints of Vertex AI have no queue',
  'deployment.endpoint.replicas.concurrentRequests':
    'an endpoint of Vertex AI scales on requests per minute, or on its GPUs; Cloud Run adds instances by itself',
  'deployment.endpoint.replicas.backlog': 'endpoints of Vertex AI have no queue',
  'monitoring.resources.diskPercent': 'Vertex AI does not measure it',
  'monitoring.queue': 'endpoints of Vertex AI have no queue',
};

/** Fields that are carried out in another way than they say, with the way. */
export const EMULATED: Readonly<Record<string, string>> = {
  'training.data': 'jobs read datasets/<pipeline>/ of the store, where you put the data',
  'deployment.endpoint.mode=serverless': 'a service of Cloud Run, one request at a time on each instance',
  'deployment.release.strategy=rolling': 'as linear: shares of the traffic, not of the machines',
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
  'deployment.endpoint.replicas.gpuPercent',
  'deployment.release',
  'monitoring.notify',
  'monitoring.performance',
  'monitoring.resources.cpuPercent',
  'monitoring.resources.memoryPercent',
  'monitoring.resources.gpuPercent',
  'monitoring.resources.gpuMemoryPercent',
  'monitoring.modelAgeDays',
  'monitoring.capture',
  'monitoring.drift',
  'monitoring.feedback',
];
