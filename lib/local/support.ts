/** Fields that a run on this machine does not carry out, with the reason. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'training.tuning.earlyStopping=auto': 'every trial trains to its end',
  'training.tuning.warmStart': 'there are no tuning jobs to learn from',
  'conversion.format=tflite': 'the export writes ONNX',
  'deployment.endpoint.mode=asynchronous': 'the server answers at once',
  'monitoring.performance.latencyP50Ms': 'nothing watches a server between two runs',
  'monitoring.performance.overheadP99Ms': 'there is no service around the server',
  'monitoring.performance.clientErrorPercent': 'nothing watches a server between two runs',
  'monitoring.performance.silenceMinutes': 'nothing watches a server between two runs',
  'monitoring.resources': 'nothing watches a server between two runs',
  'monitoring.queue': 'no request waits',
  'monitoring.modelAgeDays': 'nothing watches a version between two runs',
};

/** Fields that are carried out in another way than they say, with the way. */
export const EMULATED: Readonly<Record<string, string>> = {
  'training.preprocess.machine': 'runs on this machine, whatever it has',
  'training.train.machine': 'runs on this machine, whatever it has',
  'training.train.capacity': 'this machine is not taken away',
  'training.train.maxWaitMinutes': 'this machine is there at once',
  'training.train.fallbackMachines': 'this machine is there',
  'training.train.warmPoolMinutes': 'this machine is there at once',
  'training.tuning': 'trials are processes of this machine, at points of a fixed sequence',
  'training.distribution.machines': 'every machine is a process, or several, of this one',
  'training.evaluate.machine': 'runs on this machine, whatever it has',
  'optimization.prune.machine': 'runs on this machine, whatever it has',
  'optimization.distill.machine': 'runs on this machine, whatever it has',
  'optimization.quantize.machine': 'runs on this machine, whatever it has',
  'conversion.export.machine': 'runs on this machine, whatever it has',
  'deployment.approval': '--approve answers for the approvers',
  'deployment.endpoint.runtime': "this library's server tries the version out",
  'deployment.endpoint.mode': 'the server answers at once, for as long as it runs',
  'deployment.endpoint.machine': 'serves on this machine, whatever it has',
  'deployment.endpoint.replicas': 'one server',
  'deployment.release': 'all at once, after the golden samples were answered',
  'monitoring.notify': 'said in the terminal',
  'monitoring.capture': 'recorded by `model-pipeline serve --capture <directory>`',
  'monitoring.drift.everyHours': 'checked whenever `model-pipeline drift` is called',
  'monitoring.feedback': 'taken up by the next run, however many samples there are',
  'monitoring.performance.latencyP99Ms': 'the release measures it, and tells the level it would reach',
  'monitoring.performance.errorPercent': 'the release fails at the first golden sample without an answer',
};

/** Fields that are carried out as they are, beside what the plan carries out by itself. */
export const SUPPORTED: readonly string[] = [
  'source',
  'training.data',
  'training.preprocess.timeoutMinutes',
  'training.train.timeoutMinutes',
  'training.train.checkpoints',
  'training.distribution.strategy',
  'training.evaluate.timeoutMinutes',
  'optimization.prune.timeoutMinutes',
  'optimization.distill.timeoutMinutes',
  'optimization.quantize.timeoutMinutes',
  'conversion.export.timeoutMinutes',
  'monitoring.drift.populationStability',
];
