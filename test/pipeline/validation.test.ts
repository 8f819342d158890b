import { definePipeline, validateDefinition } from '../../lib/pipeline';
import { minimal } from './definitions';

const TUNING = {
  objective: 'f1',
  goal: 'maximize',
  trials: 2,
  ranges: { lr: { kind: 'continuous', min: 0, max: 1 } },
};

/** A copy of the minimal definition with one field set, by its path. */
function having(path: string, value: unknown): unknown {
  const copy = structuredClone(minimal) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  if (keys.includes('tuning')) copy.training = { ...minimal.training, tuning: structuredClone(TUNING) };
  let at = copy;
  for (const key of keys) at = (at[key] ??= {}) as Record<string, unknown>;
  at[last] = value;
  return copy;
}

const problems = (definition: unknown) =>
  validateDefinition(definition).map(({ code, path, message, fix }) => `${code} ${path}: ${message}. ${fix}`);

test('a minimal definition has no problems', () => {
  expect(validateDefinition(minimal)).toEqual([]);
});

test.each([
  [
    'name',
    'Digits!',
    'invalid-value name: is "Digits!". It must be 1 to 32 of a–z, 0–9 and "-", starting with a letter.',
  ],
  ['name', undefined, 'missing-field name: is missing. Add it: a text.'],
  ['source', 'examples', 'invalid-value source: is "examples". It must be an absolute path, like __dirname.'],
  [
    'trainig',
    {},
    'unknown-field trainig: is not a field of a definition. Remove it, or correct its name: the type PipelineDefinition has every field.',
  ],
  [
    'training.train.epochs',
    3,
    'unknown-field training.train.epochs: is not a field of a definition. Remove it, or correct its name: the type PipelineDefinition has every field.',
  ],
  [
    'training.framework',
    'jax',
    'not-a-choice training.framework: is "jax". Choose one of "pytorch", "tensorflow".',
  ],
  [
    'training.train.entry',
    '../train.py',
    'invalid-value training.train.entry: is "../train.py". It must be a Python file below the source, like "train.py".',
  ],
  [
    'training.data',
    '/etc',
    'invalid-value training.data: is "/etc". It must be a folder below the source, like "data".',
  ],
  [
    'training.train.hyperparameters',
    { rate: Infinity },
    'invalid-value training.train.hyperparameters.rate: is Infinity. It must be a value that JSON can carry.',
  ],
  [
    'training.train.timeoutMinutes',
    1.5,
    'wrong-type training.train.timeoutMinutes: is 1.5. Give a whole number.',
  ],
  [
    'training.train.machine',
    { accelerator: 'l40' },
    'not-a-choice training.train.machine.accelerator: is "l40". Choose one of "cpu", "t4", "a10g", "l4", "l40s", "v100", "a100", "a100-80gb", "h100", "h200".',
  ],
  [
    'training.train.machine',
    { accelerators: 2 },
    'machine-accelerators training.train.machine.accelerators: counts accelerators of a CPU machine. Name the accelerator, or remove the count.',
  ],
  [
    'training.gate',
    {},
    'gate-empty training.gate: lets every model pass. Bound at least one metric, like { accuracy: { min: 0.9 } }.',
  ],
  ['training.gate.accuracy', {}, 'gate-bound training.gate.accuracy: bounds nothing. Give min, max or both.'],
  [
    'training.gate.accuracy',
    { min: 0.9, max: 0.8 },
    'gate-bound training.gate.accuracy: has min 0.9 above max 0.8. Swap them.',
  ],
  [
    'training.gate.accuracy',
    { min: 95 },
    'gate-range training.gate.accuracy.min: is 95. accuracy lies between 0 and 1; give a value in between.',
  ],
  [
    'training.gate.mse',
    { max: 1 },
    'gate-metric training.gate.mse: is not measured for multiclass-classification. Use one of accuracy, precision, recall, f1, log_loss.',
  ],
  [
    'optimization',
    { quantize: { precision: 'int8', gate: {} } },
    'gate-empty optimization.quantize.gate: lets every model pass. Name the loss you accept, like { accuracy: { maxLoss: 0.01 } }.',
  ],
  [
    'optimization',
    { quantize: { precision: 'int8', gate: { auc: { maxLoss: 0 } } } },
    'gate-metric optimization.quantize.gate.auc: is not measured for multiclass-classification. Use one of accuracy, precision, recall, f1, log_loss.',
  ],
  ['signature.outputs', {}, 'invalid-value signature.outputs: is {}. It must name at least one tensor.'],
  [
    'signature.outputs.pixels',
    { dtype: 'float32', shape: [1] },
    'signature-names signature.outputs.pixels: is also an input. Give the output another name.',
  ],
  [
    'signature.inputs.pixels',
    { dtype: 'float', shape: [1] },
    'not-a-choice signature.inputs.pixels.dtype: is "float". Choose one of "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool", "string".',
  ],
  [
    'deployment.approval',
    'manual',
    'not-a-choice deployment.approval: is "manual". It must be "automatic" or { approvers: ["mail address"] }.',
  ],
  [
    'deployment.approval',
    { approvers: [] },
    'out-of-range deployment.approval.approvers: is a list of 0. Give at least 1 elements.',
  ],
  [
    'deployment.endpoint.replicas',
    { min: 2, max: 1 },
    'replicas-range deployment.endpoint.replicas: has max 1 below min 2. Raise max or lower min.',
  ],
  [
    'deployment.endpoint.replicas',
    { max: 2 },
    'replicas-target deployment.endpoint.replicas: has no target: nothing tells when to scale. Give one of requestsPerMinute, concurrentRequests, gpuPercent.',
  ],
  [
    'deployment.endpoint.replicas',
    { max: 2, requestsPerMinute: 60, concurrentRequests: 4 },
    'replicas-target deployment.endpoint.replicas: has requestsPerMinute and concurrentRequests. Keep one of them.',
  ],
  [
    'deployment.endpoint.replicas',
    { max: 2, backlog: 5 },
    'replicas-target deployment.endpoint.replicas.backlog: is no target of the mode "real-time". Give one of requestsPerMinute, concurrentRequests, gpuPercent.',
  ],
  [
    'deployment.endpoint.replicas',
    { min: 0, max: 2, requestsPerMinute: 60 },
    'replicas-zero deployment.endpoint.replicas.min: is 0; a real-time endpoint keeps at least one replica. Choose 1 or more, or the mode "serverless" or "asynchronous".',
  ],
  [
    'deployment.endpoint',
    { machine: {}, replicas: { max: 2, gpuPercent: 70 } },
    'scaling-without-gpu deployment.endpoint.replicas.gpuPercent: watches a GPU; the endpoint asks for none. Scale on another metric, or ask for an accelerator.',
  ],
  [
    'deployment.endpoint',
    { mode: 'serverless', machine: {}, replicas: { max: 2, concurrentRequests: 4 } },
    'replicas-target deployment.endpoint.replicas.concurrentRequests: is no target of the mode "serverless". Leave it out.',
  ],
  [
    'deployment.endpoint',
    { mode: 'serverless', machine: {} },
    'replicas-max deployment.endpoint.replicas.max: is missing: nothing tells how many copies there may be. Choose a max of 1 or more.',
  ],
  [
    'deployment.release',
    { strategy: 'canary', stepPercent: 60 },
    'out-of-range deployment.release.stepPercent: is 60. Give at most 50.',
  ],
  ['monitoring.notify', ['me'], 'invalid-value monitoring.notify[0]: is "me". It must be a mail address.'],
  [
    'monitoring.performance.latencyP99Ms',
    {},
    'alarm-levels monitoring.performance.latencyP99Ms: has no level. Give warning, critical or both.',
  ],
  [
    'monitoring.resources',
    { cpuPercent: { warning: 90, critical: 80 } },
    'alarm-levels monitoring.resources.cpuPercent: warns at 90, not before 80. Set warning below critical.',
  ],
  [
    'monitoring.drift',
    {},
    'capture-needed monitoring.drift: needs recorded requests. Add monitoring.capture, like { samplePercent: 10 }.',
  ],
  [
    'training.tuning',
    {
      objective: 'f1',
      goal: 'maximize',
      trials: 2,
      parallelTrials: 3,
      ranges: { lr: { kind: 'continuous', min: 0, max: 1 } },
    },
    'tuning-parallel training.tuning.parallelTrials: is 3, above the 2 trials in all. Lower it to trials or below.',
  ],
  [
    'training.tuning',
    { objective: 'f1', goal: 'maximize', trials: 2, ranges: { lr: { kind: 'continuous', min: 1, max: 1 } } },
    'tuning-range training.tuning.ranges.lr: is empty: min is not below max. Set min below max.',
  ],
  [
    'training.tuning.ranges',
    { lr: { kind: 'continuous', min: 0, max: 1, scale: 'log' } },
    'tuning-scale training.tuning.ranges.lr.min: is 0, which has no logarithm. Raise min above 0, or search on a linear scale.',
  ],
  [
    'training.tuning.ranges',
    { layers: { kind: 'integer', min: 1, max: 2.5 } },
    'tuning-integer training.tuning.ranges.layers: goes from 1 to 2.5. Give whole numbers, or the kind "continuous".',
  ],
  [
    'training.tuning.ranges',
    {},
    'tuning-range training.tuning.ranges: is empty. Name at least one hyperparameter to search.',
  ],
  [
    'training.tuning.ranges',
    Object.fromEntries(
      Array.from({ length: 31 }, (_, index) => [`p${index}`, { kind: 'integer', min: 1, max: 2 }]),
    ),
    'tuning-range training.tuning.ranges: has 31 hyperparameters; at most 30 can be searched. Fix some of them in train.hyperparameters.',
  ],
  [
    'training.tuning.warmStart',
    { jobs: ['spam filter'] },
    'invalid-value training.tuning.warmStart.jobs[0]: is "spam filter". It must name a tuning job.',
  ],
  [
    'training.train',
    { capacity: 'spot' },
    'spot-checkpoints training.train.capacity: is "spot" without checkpoints: a machine that is taken away takes the training with it. Save and resume in train.py, whose train takes checkpoint_dir, and set checkpoints to true.',
  ],
  [
    'training.train',
    { capacity: 'spot', checkpoints: true, timeoutMinutes: 90, maxWaitMinutes: 80 },
    'spot-wait training.train.maxWaitMinutes: is 80, below the 90 minutes that training may run. Raise it, or lower timeoutMinutes.',
  ],
  [
    'training.train',
    { maxWaitMinutes: 80 },
    'spot-wait training.train.maxWaitMinutes: is for spot capacity alone. Remove it, or choose the capacity "spot".',
  ],
  [
    'training.train',
    { capacity: 'spot', checkpoints: true, warmPoolMinutes: 10 },
    'warm-pool training.train.warmPoolMinutes: keeps spot machines. Remove it, or choose the capacity "on-demand".',
  ],
  [
    'training.train',
    { warmPoolMinutes: 61 },
    'out-of-range training.train.warmPoolMinutes: is 61. Give at most 60.',
  ],
  [
    'training.train',
    { machine: { accelerator: 't4' }, fallbackMachines: [{ accelerator: 'l4' }, { memoryGiB: 16 }] },
    'machine-fallback training.train.fallbackMachines[1]: has no accelerator, and train.machine has one. Name an accelerator.',
  ],
  [
    'training.train',
    { fallbackMachines: [{ accelerator: 'l4' }] },
    'machine-fallback training.train.fallbackMachines[0]: has an accelerator, and train.machine has none. Remove the accelerator.',
  ],
  [
    'training.train',
    { fallbackMachines: [{ accelerators: 2 }] },
    'machine-accelerators training.train.fallbackMachines[0].accelerators: counts accelerators of a CPU machine. Name the accelerator, or remove the count.',
  ],
  [
    'training.distribution',
    { strategy: 'data-parallel' },
    'distribution-processes training.distribution: distributes to one process. Raise machines, or train.machine.accelerators, or remove training.distribution.',
  ],
  [
    'training.transferLearning',
    { from: { huggingFace: { repository: 'google/bert', revision: 'main' } } },
    'invalid-value training.transferLearning.from.huggingFace.revision: is "main". It must be a commit: 40 of 0–9 and a–f.',
  ],
  [
    'training.transferLearning',
    { from: { prefix: '../other' } },
    'invalid-value training.transferLearning.from.prefix: is "../other". It must be a folder below the store, like "pretrained/mails".',
  ],
  [
    'training.tuning.objective',
    '',
    'out-of-range training.tuning.objective: is "". Give at least 1 character.',
  ],
  [
    'training.augmentation',
    { copies: 0 },
    'out-of-range training.augmentation.copies: is 0. Give at least 1.',
  ],
])('%s = %j is refused', (path, value, expected) => {
  expect(problems(having(path, value))).toEqual([expected]);
});

test.each([[null], [undefined], [42], ['pipeline'], [[]]])(
  '%j instead of a definition is one problem',
  (value) => {
    expect(validateDefinition(value)).toHaveLength(1);
  },
);

test('every problem is reported at once', () => {
  const broken = {
    ...minimal,
    name: '',
    signature: undefined,
    training: { ...minimal.training, framework: 1 },
  };
  expect(problems(broken).map((problem) => problem.split(':')[0])).toEqual([
    'invalid-value name',
    'missing-field signature',
    'not-a-choice training.framework',
  ]);
});

test('definePipeline returns a valid definition as it is', () => {
  expect(definePipeline(minimal)).toBe(minimal);
});

test('definePipeline names a source that is missing, and none of its files', () => {
  expect(() => definePipeline({ ...minimal, source: '/nowhere' })).toThrow(
    'definition "digits": 1 problem\n' +
      '  source: names /nowhere, which is not there [missing-file]\n' +
      '    fix: Name the directory of preprocess.py and train.py; __dirname where the definition is in it.',
  );
});

test('definePipeline names the files that are missing', () => {
  const { source } = minimal;
  expect(() =>
    definePipeline({ ...minimal, training: { ...minimal.training, train: { entry: 'fit.py' } } }),
  ).toThrow(
    `definition "digits": 1 problem\n  training.train.entry: names fit.py, which is not in ${source} [missing-file]\n` +
      '    fix: Add the file, or name the one that is there.',
  );
});
