import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import type { ProgramRunner } from '../../lib/aws/rehearsal/rehearsed-jobs';
import type { PipelineDefinition } from '../../lib/pipeline';

const FIXTURES = join(__dirname, '..', 'fixtures');

/** The example, on machines that may be taken away, with the signature of the fixtures. */
export const fixtureDefinition: PipelineDefinition = {
  ...spamFilter,
  training: {
    ...spamFilter.training,
    train: {
      ...spamFilter.training.train,
      capacity: 'spot',
      checkpoints: true,
      machine: { accelerator: 't4', memoryGiB: 16 },
      fallbackMachines: [{ accelerator: 'l4', memoryGiB: 16 }],
    },
  },
  signature: { ...spamFilter.signature, inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } } },
};

/** Stands in for the stage programs: each output is the fixture of its name, or a word. */
export const runFixture: ProgramRunner = ({ outputs, step }) => {
  const exported = join(FIXTURES, 'packages', 'spam-filter');
  for (const [name, directory] of Object.entries(outputs)) {
    if (['onnx', 'golden', 'preprocessing'].includes(name)) {
      cpSync(join(exported, name), directory, { recursive: true });
    } else if (name === 'metrics') {
      cpSync(join(FIXTURES, 'versions', 'spam-filter', 'metrics.json'), join(directory, 'metrics.json'));
    } else writeFileSync(join(directory, 'file'), step);
  }
  return Promise.resolve();
};
