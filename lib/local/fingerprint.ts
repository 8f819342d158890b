import { basename, join } from 'node:path';
import type { Json, PipelineDefinition, Step } from '../pipeline';
import { digestDirectory, digestJson } from './digest';
import { STAGE_PROGRAMS } from './job';

/** Digests of the code that steps run; taken once a run. */
export interface CodeDigests {
  readonly source: string;
  readonly stagePrograms: string;
  readonly artifactPrograms: string;
}

export function digestCode({ source, training }: PipelineDefinition): CodeDigests {
  const data = training.data ?? 'data';
  return {
    source: digestDirectory(source, (path) => path !== data && isCode(path)),
    stagePrograms: digestDirectory(join(STAGE_PROGRAMS, 'model_pipeline'), isCode),
    artifactPrograms: ['artifact', 'program']
      .map((room) => digestDirectory(join(__dirname, '..', room)))
      .join(),
  };
}

/**
 * Digest of all that decides a step's outcome: what the plan says of it, the code it runs, and the
 * content it reads.
 */
export function fingerprint(step: Step, inputs: Readonly<Record<string, string>>, code: CodeDigests): string {
  return digestJson({ step: { ...step } as unknown as Json, inputs, code: codeOf(step, code) });
}

function codeOf(step: Step, { source, stagePrograms, artifactPrograms }: CodeDigests): Json {
  if (step.kind !== 'job') return artifactPrograms;
  return 'entry' in step.parameters ? [stagePrograms, source] : stagePrograms;
}

/** Caches, hidden files, prose and the definition (its values are in the plan) decide nothing. */
function isCode(path: string): boolean {
  const name = basename(path);
  return !name.startsWith('.') && name !== '__pycache__' && !/\.(md|ts|js|mjs)$/.test(name);
}
