import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { type RunEvent, runPipeline, type RunResult } from '../../lib/local';
import type { PipelineDefinition } from '../../lib/pipeline';

const EXAMPLE = resolve('examples/spam-filter');

export const PYTHON = resolve('.venv/bin/python');

/** The example with a small slice of its corpus, in a directory of its own. */
export function createExample(mails = 240): {
  definition: PipelineDefinition;
  store: string;
  source: string;
} {
  const directory = mkdtempSync(join(tmpdir(), 'example-'));
  const source = join(directory, 'source');
  mkdirSync(source);
  for (const file of ['preprocess.py', 'train.py']) cpSync(join(EXAMPLE, file), join(source, file));
  const prepare = [
    join(EXAMPLE, 'prepare-data.mjs'),
    '--limit',
    String(mails),
    '--out',
    join(source, 'data'),
  ];
  execFileSync(process.execPath, prepare, { stdio: 'ignore' });
  return { definition: { ...small, source }, store: join(directory, 'store'), source };
}

/** One epoch on a slice proves nothing of quality: its gate only asks that there is a model. */
const small: PipelineDefinition = {
  ...spamFilter,
  training: {
    ...spamFilter.training,
    train: { hyperparameters: { epochs: 1, batchSize: 32, learningRate: 0.001 } },
    gate: { accuracy: { min: 0.3 } },
  },
  optimization: { quantize: { precision: 'int8', gate: { accuracy: { maxLoss: 0.5 } } } },
};

export interface Recorded extends RunResult {
  /** `"finished train"`, `"reused export"`, … in order. */
  readonly log: readonly string[];
}

export async function run(
  definition: PipelineDefinition,
  store: string,
  options: {
    signal?: AbortSignal;
    approve?: () => Promise<boolean>;
    onEvent?: (event: RunEvent) => void;
  } = {},
): Promise<Recorded> {
  const log: string[] = [];
  const result = await runPipeline(definition, {
    ...options,
    store,
    python: PYTHON,
    onEvent: (event) => {
      if (/step-(finished|reused|failed)/.test(event.type) && 'step' in event) {
        log.push(`${event.type.replace('step-', '')} ${event.step.id}`);
      }
      options.onEvent?.(event);
    },
  });
  return { ...result, log };
}
