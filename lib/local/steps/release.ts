import { join } from 'node:path';
import { readGolden, VerifiedArtifact } from '../../artifact';
import type { ReleaseStep, Tolerance } from '../../pipeline';
import { createServer, smokeTest } from '../../serving';
import type { LocalStore } from '../store';
import { StepError } from '../step-error';
import { type StepContext, type StepResult, versionOf } from './context';

/**
 * Serves the version, asks it for its golden samples over HTTP, and marks it live. One machine has no
 * traffic to shift, so every strategy is all at once here; a version that fails never becomes live.
 */
export async function runRelease({ action }: ReleaseStep, context: StepContext): Promise<StepResult> {
  const { store, inputs, definition } = context;
  const { tolerance = {} } = definition.conversion ?? {};
  if (action === 'restore') return restore(store, tolerance);
  const version = versionOf(inputs);
  const samples = await tryOut(store, version, tolerance);
  store.markLive(version);
  return { detail: `version ${version} is live; it answered ${samples} golden samples as recorded`, version };
}

/** The pointer moves only after a version was tried out: the last live version is live still. */
async function restore(store: LocalStore, tolerance: Tolerance): Promise<StepResult> {
  const version = store.liveVersion();
  if (version === undefined) return { detail: 'no version was live before' };
  await tryOut(store, version, tolerance);
  return { detail: `version ${version} stays live`, version };
}

async function tryOut(store: LocalStore, version: string, tolerance: Tolerance): Promise<number> {
  const artifact = VerifiedArtifact.fromDirectory(store.version(version));
  const golden = readGolden(join(artifact.directory, 'golden'));
  const server = createServer(artifact);
  try {
    const url = await server.listen({ port: 0 });
    const { samples } = await smokeTest(golden, 'onnx', tolerance, (body) => invoke(url, body));
    return samples;
  } finally {
    await server.close();
  }
}

async function invoke(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/invocations`, { method: 'POST', headers, body });
  const answer = await response.text();
  if (!response.ok) throw new StepError(`the server answered ${response.status}: ${answer}`);
  return answer;
}
