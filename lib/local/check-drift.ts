import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issue, throwIssues } from '../issue';
import { driftStep, isLanguageModel, type PipelineDefinition } from '../pipeline';
import { runJob } from './job';
import { LocalStore } from './store';

export interface DriftOptions {
  /** Python interpreter that has the stage programs' dependencies. */
  readonly python: string;
  /** Directory of the artifact store. @default - `.model-pipeline/<pipeline>` in the working directory */
  readonly store?: string;
  /** Directory of what servers recorded. @default - `capture/<pipeline>` of the store */
  readonly capture?: string;
}

/** `drift.json`. */
export interface DriftReport {
  readonly verdict: 'stable' | 'warning' | 'critical' | 'too few samples';
  readonly samples: number;
  /** Lines of the capture that are no record of this model. */
  readonly malformed: number;
  /** Times of the oldest and the newest record; `null` where there is none. */
  readonly window: { readonly from: string; readonly to: string } | null;
  /** Empty where there are too few samples. */
  readonly features: readonly {
    readonly name: string;
    readonly of: 'input' | 'output';
    /** Population stability index. */
    readonly psi: number;
  }[];
}

/**
 * Compares what servers recorded with the baseline of the live version, and keeps the report in
 * `drift/<number>/` of the store.
 *
 * @returns the report and the directory that holds it
 * @throws IssueError when no version is live, or nothing was recorded
 * @throws StepError when the program fails
 */
export async function checkDrift(
  definition: PipelineDefinition,
  options: DriftOptions,
): Promise<{ readonly report: DriftReport; readonly directory: string }> {
  const { name, signature, source } = definition;
  if (isLanguageModel(signature)) {
    const fix = 'Run the pipeline on newer data: evaluate.py measures it.';
    throwIssues(`drift of "${name}"`, [
      issue('language-model', 'signature.task', 'is "text-generation"; drift compares tensors', fix),
    ]);
  }
  const store = new LocalStore(resolve(options.store ?? join('.model-pipeline', name)));
  const version = store.liveVersion() ?? '';
  const capture = resolve(options.capture ?? join(store.root, 'capture', name));
  const places = {
    capture,
    baseline: join(store.root, 'baselines', version),
    preprocessing: join(store.version(version), 'preprocessing'),
  };
  const missing = Object.entries(places).filter(([, path]) => !existsSync(path));
  throwIssues(
    `drift of "${name}"`,
    version === ''
      ? [issue('no-live-version', store.root, 'has no live version', 'Run the pipeline first.')]
      : missing.map(([what, path]) => issue('drift-input', what, `${path} is not there`, FIXES[what] ?? '')),
  );
  const directory = createDirectory(join(store.root, 'drift'));
  const outputs = { report: join(directory, 'report'), metrics: join(directory, 'metrics') };
  for (const path of Object.values(outputs)) mkdirSync(path);
  const { id, parameters, program, timeoutMinutes } = driftStep(definition, {
    capture: { from: 'store', prefix: `capture/${name}/` },
    baseline: { from: 'store', prefix: `baselines/${version}/` },
    preprocessing: { from: 'store', prefix: `models/${version}/preprocessing/` },
  });
  await runJob({
    python: options.python,
    request: { schemaVersion: 1, program, step: id, parameters, source, inputs: places, outputs },
    log: join(directory, 'drift.log'),
    timeoutMinutes,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return {
    report: JSON.parse(readFileSync(join(outputs.report, 'drift.json'), 'utf8')) as DriftReport,
    directory,
  };
}

const FIXES: Readonly<Record<string, string>> = {
  capture: 'Record requests: model-pipeline serve <store> --capture <store>/capture',
  baseline: 'Run the pipeline again.',
  preprocessing: 'Write preprocessing.json in preprocess: drift is told by the inputs it describes.',
};

function createDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true });
  const directory = join(parent, String(readdirSync(parent).length + 1).padStart(4, '0'));
  mkdirSync(directory);
  return directory;
}
