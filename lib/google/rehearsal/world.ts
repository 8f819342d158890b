import type { Fault } from '../../rehearsal/scenarios';
import { LIVE_PATH } from '../workflow/live-states';
import { LOCKS } from '../workflow/lock-states';
import type { FakeEndpoint } from './fake-endpoint';
import { FakeService } from './fake-service';
import { FakeStore } from './fake-store';
import { FakeVertex } from './fake-vertex';
import { versionPath } from './rehearsed-programs';
import { PROJECT, type RehearsedWorkflow, type SynthesizedPipeline } from './synthesize';

/** The project at one moment. */
export interface World {
  readonly store: FakeStore;
  readonly vertex: FakeVertex;
  /** Of Cloud Run, where versions are released to one. */
  readonly service?: FakeService;
}

/** A project in which the stack was just deployed. */
export function emptyWorld({ bucketName, endpoint }: SynthesizedPipeline): World {
  return { store: new FakeStore(bucketName), ...fakesOf(endpoint) };
}

/** Where versions are released to. */
export function endpointOf({ service, vertex }: World): FakeEndpoint {
  return service ?? vertex;
}

function fakesOf({ kind, name }: SynthesizedPipeline['endpoint'], from?: World): Omit<World, 'store'> {
  if (kind === 'vertex') return { vertex: new FakeVertex(name, from?.vertex) };
  return { vertex: new FakeVertex('', from?.vertex), service: new FakeService(name, from?.service) };
}

/** The same, apart from the original, after the stack was deployed and the fault has come over it. */
export function worldWith(
  fault: Fault,
  { bucketName, endpoint, objects }: SynthesizedPipeline,
  from: World,
): World {
  const store = new FakeStore(bucketName, from.store);
  for (const object of objects) store.put(object, 'code');
  const world = { store, ...fakesOf(endpoint, from) };
  const target = endpointOf(world);
  if (fault.kind === 'endpoint' && fault.how !== 'answers-differ') target.conduct = fault.how;
  if (fault.kind === 'endpoint-gone') {
    target.clear();
    if (!fault.comesBack) target.conduct = 'fails';
  }
  return world;
}

/** Gives the lock of the endpoint to another run. @returns the name of its execution */
export function lockByAnother(
  { store }: World,
  { endpoint }: SynthesizedPipeline,
  { name }: RehearsedWorkflow,
): string {
  const place = `projects/${PROJECT.number}/locations/${PROJECT.region}/workflows`;
  const execution = `${place}/${name}/executions/other`;
  const id = endpoint.name.split('/').at(-1) ?? '';
  store.put(`${LOCKS}${id}.json`, JSON.stringify({ execution }));
  return execution;
}

/** The version that is recorded as live. */
export function liveVersion({ store }: World): string | undefined {
  const live = store.get(LIVE_PATH);
  return live && (JSON.parse(live.toString()) as { version: string }).version;
}

/** The version that gets the traffic: of `gs://store/models/<version>/`, or a directory in it. */
export function servedVersion(world: World): string | undefined {
  const uri = endpointOf(world).servedUri();
  return uri === undefined ? undefined : versionPath(uri, world.store).split('/')[1];
}
