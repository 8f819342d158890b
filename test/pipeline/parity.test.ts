import { spamFilter } from '../../examples/spam-filter/pipeline';
import * as aws from '../../lib/aws/support';
import { TARGETS } from '../../lib/cli/parity';
import * as google from '../../lib/google/support';
import * as local from '../../lib/local/support';
import { definitionFields, parityOf, PLANNED, supportOf, type TargetSupport } from '../../lib/pipeline';
import { minimal } from './definitions';

const target: TargetSupport = {
  supported: ['training.train.machine', 'deployment.release'],
  emulated: { 'deployment.release.strategy=rolling': 'as linear' },
  unsupported: { 'training.tuning': 'no tuner', 'conversion.format=tflite': 'ONNX only' },
};

test('the fields are those of the schema, through lists, names of the author and alternatives', () => {
  const fields = definitionFields();
  expect(new Set(fields).size).toBe(fields.length);
  expect(fields).toEqual(
    expect.arrayContaining([
      'name',
      'signature.inputs.*.shape',
      'training.train.fallbackMachines.*.memoryGiB',
      'training.tuning.ranges.*.values',
      'training.transferLearning.from.huggingFace.revision',
      'training.gate.*.min',
      'deployment.approval.approvers',
      'deployment.release.stepPercent',
      'monitoring.feedback.retrainAfterSamples',
    ]),
  );
});

test('an entry holds for what is below its field; a refusal before all else', () => {
  expect(supportOf('training.train.machine.memoryGiB', target)).toEqual({ status: 'supported' });
  expect(supportOf('training.tuning.goal', target)).toEqual({ status: 'refused', detail: 'no tuner' });
  expect(supportOf('deployment.release.strategy', target)).toEqual({ status: 'supported' });
  expect(supportOf('deployment.release.strategy=rolling', target)).toEqual({
    status: 'emulated',
    detail: 'as linear',
  });
});

test('what the plan carries out is supported everywhere, unless it is refused', () => {
  expect(supportOf('conversion.format', target)).toEqual({ status: 'supported' });
  expect(supportOf('conversion.format=tflite', target)).toEqual({ status: 'refused', detail: 'ONNX only' });
});

test('a field in no table is told by its absence', () => {
  expect(supportOf('training.train.machineRoom', target)).toBeUndefined();
  const rows = parityOf(minimal, { target });
  expect(rows.find(({ field }) => field === 'source')).toEqual({ field: 'source', used: true, support: {} });
});

test('rows tell which fields, and which values, the definition has', () => {
  const definition = { ...minimal, conversion: { format: 'tflite' as const } };
  const used = parityOf(definition, { target })
    .filter((row) => row.used)
    .map(({ field }) => field);
  expect(used).toEqual([
    'name',
    'source',
    'signature.inputs.*.dtype',
    'signature.inputs.*.shape',
    'signature.outputs.*.dtype',
    'signature.outputs.*.shape',
    'training.framework',
    'training.evaluate.task',
    'training.gate.*.min',
    'conversion.format',
    'conversion.format=tflite',
    'deployment.endpoint.machine.accelerator',
    'monitoring.performance.latencyP99Ms.critical',
    'monitoring.performance.errorPercent.critical',
  ]);
});

describe.each(Object.entries(TARGETS))('%s', (name, support) => {
  test('says of every field whether it carries it out', () => {
    const silent = parityOf(spamFilter, TARGETS).filter((row) => !row.support[name]);
    expect(silent.map(({ field }) => field)).toEqual([]);
  });

  test('names no field that the schema does not have', () => {
    const entries = [
      ...support.supported,
      ...Object.keys(support.emulated),
      ...Object.keys(support.unsupported),
    ].map((entry) => entry.split('=')[0] ?? '');
    const fields = definitionFields();
    const known = (entry: string) => fields.some((field) => field === entry || field.startsWith(`${entry}.`));
    expect([...PLANNED, ...entries].filter((entry) => !known(entry))).toEqual([]);
  });

  test('says one thing of a field', () => {
    const entries = [
      ...PLANNED,
      ...support.supported,
      ...Object.keys(support.emulated),
      ...Object.keys(support.unsupported),
    ];
    expect(entries.filter((entry, index) => entries.indexOf(entry) !== index)).toEqual([]);
  });

  test('takes no stage as a whole: a new field of it must be decided on', () => {
    const stages = ['training', 'optimization', 'conversion', 'deployment', 'monitoring'];
    expect(support.supported.filter((entry) => stages.includes(entry))).toEqual([]);
  });
});

test('refuses at synth and in the report from the same tables', () => {
  expect(TARGETS.aws?.unsupported).toBe(aws.UNSUPPORTED);
  expect(TARGETS.google?.unsupported).toBe(google.UNSUPPORTED);
  expect(TARGETS.local?.unsupported).toBe(local.UNSUPPORTED);
});
