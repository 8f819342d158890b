import { Authorizer, type Grant, grantsOf } from '../../../lib/google/rehearsal/policies';

const account = (id: string) => ({ account_id: id, project: 'p' });

const STACK = {
  resource: {
    google_service_account: { Train: account('train'), Runner: account('runner') },
    google_cloud_run_v2_job: { Job: { name: 'job' } },
    google_project_iam_custom_role: {
      Invoker: { project: 'p', role_id: 'invoker', permissions: ['aiplatform.endpoints.predict'] },
    },
    google_project_iam_member: {
      Invoke: {
        project: 'p',
        role: '${google_project_iam_custom_role.Invoker.name}',
        member: 'serviceAccount:train@p.iam.gserviceaccount.com',
      },
    },
    google_cloud_run_v2_job_iam_member: {
      Run: {
        name: '${google_cloud_run_v2_job.Job.name}',
        role: 'roles/run.jobsExecutorWithOverrides',
        member: '${google_service_account.Runner.member}',
      },
    },
    google_service_account_iam_member: {
      Act: {
        service_account_id: '${google_service_account.Train.name}',
        role: 'roles/iam.serviceAccountUser',
        member: '${google_service_account.Runner.member}',
      },
    },
    google_storage_bucket_iam_member: {
      Read: {
        bucket: 'store',
        role: 'roles/storage.objectViewer',
        member: 'serviceAccount:train@p.iam.gserviceaccount.com',
        condition: [{ expression: 'resource.name.startsWith("projects/_/buckets/store/objects/code/")' }],
      },
    },
  },
};
const TRAIN = 'train@p.iam.gserviceaccount.com';
const RUNNER = 'runner@p.iam.gserviceaccount.com';
const object = (path: string) => ({
  scope: 'bucket:store',
  type: 'storage.googleapis.com/Object',
  name: `projects/_/buckets/store/objects/${path}`,
});

const scopes = (grants: readonly Grant[]) => grants.map(({ id, scope }) => `${id} on ${scope}`);

test('memberships are read with what they refer to', () => {
  expect(scopes(grantsOf(STACK))).toEqual([
    'Invoke on project',
    'Run on job:job',
    `Act on account:${TRAIN}`,
    'Read on bucket:store',
  ]);
});

test('a member may do what its roles say, where they say so, and nothing else', () => {
  const authorizer = new Authorizer(grantsOf(STACK), new Set());
  expect(authorizer.allows(TRAIN, 'aiplatform.endpoints.predict', { scope: 'project' })).toBe(true);
  expect(authorizer.allows(RUNNER, 'run.jobs.runWithOverrides', { scope: 'job:job' })).toBe(true);
  expect(authorizer.allows(RUNNER, 'iam.serviceAccounts.actAs', { scope: `account:${TRAIN}` })).toBe(true);
  expect(authorizer.allows(TRAIN, 'storage.objects.get', object('code/a'))).toBe(true);
  expect(authorizer.denied).toEqual([]);

  expect(authorizer.allows(RUNNER, 'run.jobs.run', { scope: 'job:other' })).toBe(false);
  expect(authorizer.allows(RUNNER, 'storage.objects.get', object('code/a'))).toBe(false);
  expect(authorizer.allows(TRAIN, 'storage.objects.get', object('models/a'))).toBe(false);
  expect(authorizer.allows(TRAIN, 'storage.objects.create', object('code/a'))).toBe(false);
  expect(authorizer.denied).toEqual([
    `${RUNNER} may not run.jobs.run on job:other`,
    `${RUNNER} may not storage.objects.get on projects/_/buckets/store/objects/code/a`,
    `${TRAIN} may not storage.objects.get on projects/_/buckets/store/objects/models/a`,
    `${TRAIN} may not storage.objects.create on projects/_/buckets/store/objects/code/a`,
  ]);
});

test('what was not taken is told, but for what a rehearsal does not see', () => {
  const agent: Grant = {
    permissions: [],
    role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
    scope: 'key:k',
    id: 'Agent',
    member: 'serviceAccount:service-1@gcp-sa-aiplatform.iam.gserviceaccount.com',
  };
  const authorizer = new Authorizer([...grantsOf(STACK), agent], new Set(['Invoke', 'Act', 'Read']));
  expect(authorizer.unused()).toEqual([`Run: serviceAccount:${RUNNER} roles/run.jobsExecutorWithOverrides`]);
});
