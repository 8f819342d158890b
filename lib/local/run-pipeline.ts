import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Issue, issue, throwIssues } from '../issue';
import { compile, type PipelineDefinition, unsupportedFields } from '../pipeline';
import type { RunEvent } from './events';
import type { StepRecord } from './journal';
import { PipelineRun } from './pipeline-run';
import type { StepError } from './step-error';
import { LocalStore } from './store';
import { UNSUPPORTED } from './support';

export interface RunOptions {
  /** Python interpreter that has the stage programs' dependencies. */
  readonly python: string;
  /** Directory of the artifact store. @default - `.model-pipeline/<pipeline>` in the working directory */
  readonly store?: string;
  /** Directory of the raw data. @default - the definition's `training.data` below its source */
  readonly data?: string;
  /** Stops the run; a later run goes on where this one stopped. @default - never */
  readonly signal?: AbortSignal;
  /** Asked where the definition wants a person's approval. @default - not approved */
  readonly approve?: (version: string) => Promise<boolean>;
  /** Told of every step. @default - nobody */
  readonly onEvent?: (event: RunEvent) => void;
}

export interface RunResult {
  /** `"0001"`. */
  readonly run: string;
  readonly store: LocalStore;
  /** The finished steps, in order. */
  readonly steps: readonly StepRecord[];
  /** Why the run failed; absent when it succeeded. */
  readonly failure: StepError | undefined;
}

/**
 * Runs a definition's plan on this machine: real training, real ONNX, a real server at the end.
 * Steps whose code, parameters and inputs have not changed since an earlier run are reused.
 *
 * @throws IssueError when this machine cannot carry out the definition; a step that fails is in the result
 */
export async function runPipeline(definition: PipelineDefinition, options: RunOptions): Promise<RunResult> {
  const { source, training, name } = definition;
  const data = resolve(options.data ?? join(source, training.data ?? 'data'));
  const issues = [
    ...unsupportedFields(definition, 'this machine', UNSUPPORTED),
    ...checkFiles(data, options),
  ];
  throwIssues(`definition "${name}"`, issues);
  const store = new LocalStore(resolve(options.store ?? join('.model-pipeline', name)));
  const { python, signal = new AbortController().signal } = options;
  const approve = options.approve ?? (() => Promise.resolve(false));
  const emit = options.onEvent ?? (() => undefined);
  const run = new PipelineRun(
    definition,
    compile(definition),
    store,
    data,
    { python, signal, approve },
    emit,
  );
  const failure = await run.execute();
  return { run: run.run, store, steps: run.steps, failure };
}

function checkFiles(data: string, { python }: RunOptions): Issue[] {
  const issues: Issue[] = [];
  if (!existsSync(data)) {
    issues.push(
      issue(
        'missing-data',
        'training.data',
        `${data} is not there`,
        'Put the raw data there, or name its directory.',
      ),
    );
  }
  if (python.includes('/') && !existsSync(python)) {
    const fix =
      'Make it: python3 -m venv .venv && .venv/bin/pip install ./node_modules/cdk-model-pipeline/stages';
    issues.push(issue('missing-python', python, 'is not there', fix));
  }
  return issues;
}
