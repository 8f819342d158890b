import { WorkflowError } from '../../../lib/google/rehearsal/workflow-error';
import { cloudRunTarget } from '../../../lib/google/workflow/cloud-run-service';
import { checkSource } from '../../../lib/google/workflow/limits';
import { renderRollback, renderTeardown } from '../../../lib/google/workflow/rollback-states';
import type { FakeCloud } from './fake-cloud';
import { cloudWith, PARENT, publish, release, start, workflowOf } from './pipeline';

const SERVICE = `${PARENT}/services/spam`;
const [FIRST, SECOND] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];

const settings = {
  ...release,
  endpointId: 'spam',
  target: cloudRunTarget({ serviceName: SERVICE, template: { containers: [] }, contentHash: 'cafe0000' }),
};
const { source } = workflowOf(undefined, settings);

interface Share {
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
}

/** The cloud with a service that Terraform has made: its latest revision says hello. */
class Service {
  shares: readonly Share[] = [{ percent: 100 }];
  readonly asked: (readonly Share[])[] = [];
  readonly revisions: string[] = ['spam-00001-abc'];

  constructor(readonly cloud: FakeCloud) {
    cloud.endpointService['services.get'] = () => ({
      latestReadyRevision: `${SERVICE}/revisions/${this.revisions.at(-1) ?? ''}`,
      trafficStatuses: this.shares,
    });
    cloud.endpointService['services.patch'] = ({ body }) => {
      const { template, traffic } = body as {
        template?: { revision: string };
        traffic: readonly Share[];
      };
      if (template) this.revisions.push(template.revision);
      this.shares = traffic;
      this.asked.push(traffic);
      return {};
    };
  }

  get live(): readonly (readonly [string, number])[] {
    return this.shares.map(({ revision = '', percent = 0 }) => [revision, percent] as const);
  }
}

const revision = (version: string) => `spam-${version}-cafe0000`;

const smokeFails = () => {
  throw new WorkflowError({
    message: 'failed',
    tags: ['OperationError'],
    operation: { error: { code: 2, message: 'smoke-test-difference' } },
  });
};

async function liveService(): Promise<Service> {
  const service = new Service(cloudWith(FIRST));
  expect((await start(source, service.cloud)).error).toBeUndefined();
  publish(service.cloud, SECOND);
  service.asked.length = 0;
  return service;
}

test('the sources keep the limits', () => {
  expect(checkSource(source, 'workflow')).toEqual([]);
  expect(checkSource(renderRollback(settings), 'rollback')).toEqual([]);
  expect(checkSource(renderTeardown(settings), 'teardown')).toEqual([]);
});

test('a version is a revision, tested at an address of its own before it gets a share', async () => {
  const service = await liveService();
  const { error, path } = await start(source, service.cloud);
  expect(error).toBeUndefined();
  expect(path.indexOf('release_smoke_test')).toBeLessThan(path.indexOf('release_shift'));
  expect(service.asked).toEqual([
    [
      expect.objectContaining({ revision: revision(FIRST), percent: 100 }),
      expect.objectContaining({ revision: revision(SECOND), percent: 0, tag: 'candidate' }),
    ],
    [
      expect.objectContaining({ revision: revision(SECOND), percent: 10 }),
      expect.objectContaining({ revision: revision(FIRST), percent: 90 }),
    ],
    [expect.objectContaining({ revision: revision(SECOND), percent: 100 })],
  ]);
  expect(service.cloud.get('releases/live.json')).toEqual({ version: SECOND });
});

test('the first version takes over from the placeholder, which has no name in the traffic', async () => {
  const service = await liveService();
  expect(service.live).toEqual([[revision(FIRST), 100]]);
});

test('a candidate that answers differently never gets traffic', async () => {
  const service = await liveService();
  service.cloud.failing('jobs.run', smokeFails, { step: 'jobs/smoke-test' });
  const { error } = await start(source, service.cloud);
  expect(error).toMatchObject({ message: 'smoke-test-difference' });
  expect(service.asked.flat().filter((share) => share.revision === revision(SECOND))).toEqual([
    expect.objectContaining({ percent: 0 }),
  ]);
  expect(service.live).toEqual([[revision(FIRST), 100]]);
});

test('traffic that does not move as asked turns the release back', async () => {
  const service = await liveService();
  let patches = 0;
  service.cloud.failing(
    'services.patch',
    () => {
      patches += 1;
      return patches === 2 ? {} : undefined;
    },
    { times: 9 },
  );
  const { error } = await start(source, service.cloud);
  expect(error).toMatchObject({ tags: ['NotReleased'] });
  expect(service.live).toEqual([[revision(FIRST), 100]]);
});

test('a rollback moves the traffic back', async () => {
  const service = await liveService();
  await start(source, service.cloud);
  expect((await start(renderRollback(settings), service.cloud)).error).toBeUndefined();
  expect(service.live).toEqual([[revision(FIRST), 100]]);
  expect(service.cloud.get('releases/live.json')).toEqual({ version: FIRST });
});

test('a teardown forgets what is live, and leaves the service to Terraform', async () => {
  const service = await liveService();
  expect((await start(renderTeardown(settings), service.cloud)).error).toBeUndefined();
  expect(service.cloud.get('releases/live.json')).toBeUndefined();
});
