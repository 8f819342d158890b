import { Construct } from 'constructs';
import { ArtifactStore, StepAccount } from '../../lib/google';
import { holds } from './condition';
import { JobStack, project } from './job-stack';
import { terraformMissing } from './terraform/terraform';

const all = new JobStack('accounts');
const store = new ArtifactStore(all.stack, 'Store', { project, bucketName: 'models' });

afterAll(() => {
  all.remove();
});

function nameOf({ email }: StepAccount): string {
  return email.slice(0, email.indexOf('@'));
}

test('has a literal name of 6 to 30 characters, the same at every synth, another on every path', () => {
  const scopes = ['', 'SpamFilterOfTheWholeCompany', 'SpamFilterOfTheWholeTeam'].map((id) =>
    id === '' ? all.stack : new Construct(all.stack, id),
  );
  const accounts = scopes.flatMap((scope) =>
    ['EvaluateTheQuantizedModel', 'EvaluateTheDistilledModel', 'A'].map(
      (id) => new StepAccount(scope, id, { project, purpose: 'Tests' }),
    ),
  );
  const names = accounts.map(nameOf);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  expect(new Set(names).size).toBe(names.length);
  expect(names.slice(0, 3)).toEqual([
    expect.stringMatching(/^accounts-evaluate-the-[0-9a-f]{8}$/),
    expect.stringMatching(/^accounts-evaluate-the-[0-9a-f]{8}$/),
    expect.stringMatching(/^accounts-a-[0-9a-f]{8}$/),
  ]);
  expect(all.resources('google_service_account').map(({ account_id }) => account_id)).toEqual(
    expect.arrayContaining(names),
  );
});

test('is told what it is for, as long as Google takes it', () => {
  const { email, member } = new StepAccount(all.stack, 'Long', { project, purpose: 'x'.repeat(200) });
  expect(email).toMatch(/^accounts-long-[0-9a-f]{8}@models-of-my-team\.iam\.gserviceaccount\.com$/);
  expect(member).toBe(`serviceAccount:${email}`);
  expect(all.resources('google_service_account', 'Long')).toMatchObject([
    { project: project.id, display_name: 'x'.repeat(100) },
  ]);
});

test('reads inputs and outputs, adds outputs, and keeps its state, once it exists', () => {
  const account = new StepAccount(all.stack, 'Train', { project, purpose: 'Trains' });
  const at = (prefix: string) => ({ path: JSON.stringify(prefix), prefixes: [prefix] });
  account.grantStore(store, { data: at('datasets/a/') }, { model: at('out/model/') });
  account.grantKeep(store, at('out/checkpoints/'));
  account.grantActAs('Runner', 'serviceAccount:runner@models-of-my-team.iam.gserviceaccount.com');
  const grants = all.resources('google_storage_bucket_iam_member');
  const allowed = (role: string, object: string) =>
    grants.some(
      (grant) =>
        grant.role === `roles/storage.${role}` &&
        holds((grant.condition as { expression: string }).expression, 'models', object),
    );
  expect(allowed('objectViewer', 'datasets/a/raw.csv')).toBe(true);
  expect(allowed('objectViewer', 'out/model/weights')).toBe(true);
  expect(allowed('objectCreator', 'out/model/weights')).toBe(true);
  expect(allowed('objectCreator', 'datasets/a/raw.csv')).toBe(false);
  expect(allowed('objectUser', 'out/checkpoints/1')).toBe(true);
  expect(allowed('objectUser', 'out/model/weights')).toBe(false);
  const [service] = all.resources('google_service_account_iam_member', 'Train');
  expect(service).toMatchObject({ role: 'roles/iam.serviceAccountUser' });
  for (const { depends_on } of grants) {
    expect(depends_on).toContainEqual(expect.stringMatching(/^google_service_account\.Train_/));
  }
});

test('of a project that is none is refused', () => {
  const wrong = { ...project, region: 'Europe' };
  expect(() => new StepAccount(all.stack, 'Wrong', { project: wrong, purpose: '' })).toThrow(
    'service account "accounts/Wrong": 1 problem\n  project.region: is "Europe" [project-invalid]',
  );
  all.stack.node.tryRemoveChild('Wrong');
});

test('terraform takes it all', async () => {
  if (await terraformMissing()) return;
  expect(await all.terraform(['validate'])).toMatchObject([{ code: 0 }]);
}, 60_000);
