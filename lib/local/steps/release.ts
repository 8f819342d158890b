import { join } from 'node:path';
import { readGolden, summarizeTimes, VerifiedArtifact } from '../../artifact';
import { isLanguageModel, type PipelineDefinition, type ReleaseStep } from '../../pipeline';
import { createServer, smokeTest } from '../../serving';
import type { LocalStore } from '../store';
import { StepError } from '../step-error';
import { type StepContext, type StepResult, versionOf } from './context';
import { releaseLanguageModel } from './release-language-model';

/**
 * Serves the version, asks it for its golden samples over HTTP, and marks it live. One machine has no
 * traffic to shift, so every strategy is all at once here; a version that fails never becomes live. A
 * language model is not served at all.
 */
export async function runRelease({ action }: ReleaseStep, context: StepContext): Promise<StepResult> {
  const { store, inputs, definition } = context;
  if (action === 'restore') return restore(store, definition);
  const version = versionOf(inputs);
  if (isLanguageModel(definition.signature)) return releaseLanguageModel(store, version, definition);
  const answered = await tryOut(store, version, definition);
  store.markLive(version);
  return { detail: `version ${version} is live; ${answered}`, version };
}

/** The pointer moves only after a version was tried out: the last live version is live still. */
async function restore(store: LocalStore, definition: PipelineDefinition): Promise<StepResult> {
  const version = store.liveVersion();
  if (version === undefined) return { detail: 'no version was live before' };
  const answered = await tryOut(store, version, definition);
  return { detail: `version ${version} stays live; ${answered}`, version };
}

/** @returns what was seen, in a few words */
async function tryOut(store: LocalStore, version: string, definition: PipelineDefinition): Promise<string> {
  const artifact = VerifiedArtifact.fromDirectory(store.version(version));
  const golden = readGolden(join(artifact.directory, 'golden'));
  const server = createServer(artifact);
  const times: number[] = [];
  try {
    const url = await server.listen({ port: 0 });
    const { samples } = await smokeTest(
      golden,
      'onnx',
      definition.conversion?.tolerance ?? {},
      async (body) => {
        const started = performance.now();
        const answer = await invoke(url, body);
        times.push(performance.now() - started);
        return answer;
      },
    );
    const { p99Ms } = summarizeTimes(times);
    return `it answered ${samples} golden samples as recorded, p99 ${describeLatency(p99Ms, definition)}`;
  } finally {
    await server.close();
  }
}

/** A laptop's latency is told beside the alarm's levels, and stops nothing: the endpoint is not on a laptop. */
function describeLatency(p99Ms: number, { monitoring }: PipelineDefinition): string {
  const { warning = Infinity, critical = Infinity } = monitoring.performance.latencyP99Ms;
  const level = p99Ms > critical ? 'critical' : p99Ms > warning ? 'warning' : undefined;
  return `${p99Ms.toFixed(1)} ms${level === undefined ? '' : ` (alarm level: ${level})`}`;
}

async function invoke(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/invocations`, { method: 'POST', headers, body });
  const answer = await response.text();
  if (!response.ok) throw new StepError(`the server answered ${response.status}: ${answer}`);
  return answer;
}
