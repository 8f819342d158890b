/** Entry of a child process with onnxruntime-node whose session is set up as it is told. */
import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeSpec } from '../../runtime/model-process';
import { isDtype, type Tensor } from '../../tensor';
import { answerParent } from '../answer-parent';
import type { ChildReply, ReplyOf } from '../child-messages';
import type { SessionSettings } from './open-session';

const ERRORS_ONLY = 3;

interface Loaded {
  readonly session: InferenceSession;
  /** Directory the runtime writes its profile to. */
  readonly profiles?: string;
}

let loaded: Loaded | undefined;

answerParent(async (request): Promise<ChildReply> => {
  const runtime = await import('onnxruntime-node');
  if (request.kind === 'load') return load(runtime, request.file, request.options as SessionSettings);
  if (!loaded) throw new Error('no model is loaded');
  if (request.kind === 'run') return run(runtime, loaded.session, request.feeds);
  return { kind: 'profiled', profile: readProfile(loaded) };
});

async function load(
  runtime: typeof import('onnxruntime-node'),
  file: string,
  { optimization = 'all', providers = ['cpu'], optimizedFile, profile }: SessionSettings,
): Promise<ReplyOf<'loaded'>> {
  await loaded?.session.release();
  loaded = undefined;
  const profiles = profile ? mkdtempSync(join(tmpdir(), 'model-profile-')) : undefined;
  const session = await runtime.InferenceSession.create(file, {
    executionProviders: [...providers],
    logSeverityLevel: ERRORS_ONLY,
    graphOptimizationLevel: optimization,
    ...(optimizedFile !== undefined && { optimizedModelFilePath: optimizedFile }),
    ...(profiles !== undefined && { enableProfiling: true, profileFilePrefix: join(profiles, 'profile') }),
  });
  loaded = { session, profiles };
  return { kind: 'loaded', inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata) };
}

async function run(
  runtime: typeof import('onnxruntime-node'),
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<ReplyOf<'answered'>> {
  const inputs = Object.entries(feeds).map(([name, { dtype, data, shape }]) => {
    return [name, new runtime.Tensor(dtype, data, shape)] as const;
  });
  const results = await session.run(Object.fromEntries(inputs));
  const outputs = Object.entries(results).map(([name, result]) => [name, toTensor(name, result)] as const);
  return { kind: 'answered', outputs: Object.fromEntries(outputs) };
}

function readProfile({ session, profiles }: Loaded): string {
  if (profiles === undefined) throw new Error('no profile is recorded');
  session.endProfiling();
  const [name = ''] = readdirSync(profiles);
  const profile = readFileSync(join(profiles, name), 'utf8');
  rmSync(profiles, { recursive: true });
  return profile;
}

function specs(metadata: readonly InferenceSession.ValueMetadata[]): Record<string, RuntimeSpec> {
  return Object.fromEntries(
    metadata.map((value) => [
      value.name,
      value.isTensor ? { dtype: value.type, shape: value.shape } : { dtype: 'not a tensor', shape: [] },
    ]),
  );
}

function toTensor(name: string, { type, dims, data }: RuntimeTensor): Tensor {
  if (!isDtype(type)) throw new Error(`output "${name}" has elements of type ${type}`);
  // Newer Node versions have a Float16Array; the bits are what both sides agree on.
  const view = data as Uint16Array;
  const bits = type === 'float16' ? new Uint16Array(view.buffer, view.byteOffset, view.length) : data;
  return { dtype: type, shape: dims, data: bits };
}
