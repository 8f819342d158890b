import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runPipeline } from '../../lib/local';
import * as steps from '../../lib/local/steps';
import { StepError } from '../../lib/local/step-error';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import type { Rendering } from './rendering';

/**
 * The runs on this machine, one for each step that may fail. What the steps do is left out: it is the order
 * that is looked at. The caller mocks `lib/local/steps`.
 */
export async function renderLocal(definition: PipelineDefinition): Promise<Rendering> {
  const plan = compile(definition);
  const succeeded = await visited(definition);
  const failed = new Map<string, readonly string[]>();
  for (const { id } of plan.steps) failed.set(id, await visited(definition, id));
  const releaseFailed = failed.get('release') ?? [];
  const after = (path: readonly string[], step: string) => {
    const index = path.indexOf(step);
    return index === -1 ? [] : path.slice(index + 1, index + 2);
  };
  const runs = [succeeded, ...failed.values(), await visited(definition, 'release', 'restore')];
  return {
    steps: [...new Set([...succeeded, ...releaseFailed])],
    followers: (step) => [...new Set(runs.flatMap((path) => after(path, step)))],
    touchedWithout: (step) =>
      (failed.get(step) ?? succeeded).filter((id) => ['register', 'release'].includes(id) && id !== step),
  };
}

/** Steps in the order in which they were begun. */
async function visited(definition: PipelineDefinition, ...failing: readonly string[]): Promise<string[]> {
  const path: string[] = [];
  jest.mocked(steps.runStep).mockImplementation((step) => {
    path.push(step.id);
    return failing.includes(step.id)
      ? Promise.reject(new StepError('made to fail'))
      : Promise.resolve({ detail: '', accepted: true, version: 'v1' });
  });
  const directory = mkdtempSync(join(tmpdir(), 'contract-'));
  const [data, store] = [join(directory, 'data'), join(directory, 'store')];
  mkdirSync(data);
  for (const source of compile(definition).steps.flatMap(({ inputs }) => Object.values(inputs))) {
    if (source.from === 'store') mkdirSync(join(store, source.prefix), { recursive: true });
  }
  await runPipeline(definition, { store, data, python: 'python3' });
  return path;
}
