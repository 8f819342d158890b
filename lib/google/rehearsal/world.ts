import type { Fault } from '../../rehearsal/scenarios';
import { LIVE_PATH } from '../workflow/live-states';
import { LOCKS } from '../workflow/lock-states';
import { FakeStore } from './fake-store';
import { FakeVertex } from './fake-vertex';
import { pathOf } from './rehearsed-programs';
import { PROJECT, type RehearsedWorkflow, type SynthesizedPipeline } from './synthesize';

/** The project at one moment. */
export interface World {
  readonly store: FakeStore;
  readonly vertex: FakeVertex;
}

/** A project in which the stack was just deployed. */
export function emptyWorld({ bucketName, endpointName }: SynthesizedPipeline): World {
  return { store: new FakeStore(bucketName), vertex: new FakeVertex(endpointName) };
}

/** The same, apart from the original, after the stack was deployed and the fault has come over it. */
export function worldWith(
  fault: Fault,
  { bucketName, endpointName, objects }: SynthesizedPipeline,
  from: World,
): World {
  const store = new FakeStore(bucketName, from.store);
  const vertex = new FakeVertex(endpointName, from.vertex);
  for (const object of objects) store.put(object, 'code');
  if (fault.kind === 'endpoint' && fault.how !== 'answers-differ') vertex.conduct = fault.how;
  if (fault.kind === 'endpoint-gone') {
    vertex.clear();
    if (!fault.comesBack) vertex.conduct = 'fails';
  }
  return { store, vertex };
}

/** Gives the lock of the endpoint to another run. @returns the name of its execution */
export function lockByAnother(
  { store }: World,
  { endpointName }: SynthesizedPipeline,
  { name }: RehearsedWorkflow,
): string {
  const place = `projects/${PROJECT.number}/locations/${PROJECT.region}/workflows`;
  const execution = `${place}/${name}/executions/other`;
  const endpoint = endpointName.split('/').at(-1) ?? '';
  store.put(`${LOCKS}${endpoint}.json`, JSON.stringify({ execution }));
  return execution;
}

/** The version that is recorded as live. */
export function liveVersion({ store }: World): string | undefined {
  const live = store.get(LIVE_PATH);
  return live && (JSON.parse(live.toString()) as { version: string }).version;
}

/** The version that gets the traffic: of `gs://store/models/<version>/`. */
export function servedVersion({ store, vertex }: World): string | undefined {
  const uri = vertex.servedUri();
  return uri === undefined ? undefined : pathOf(uri, store).split('/').at(-2);
}
