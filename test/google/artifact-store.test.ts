import { App as AwsApp, Stack } from 'aws-cdk-lib/core';
import { ArtifactStore, type ArtifactStoreProps } from '../../lib/google';
import { holds } from './condition';
import { JobStack, project } from './job-stack';
import { terraformMissing } from './terraform/terraform';

const MEMBER = 'serviceAccount:train@models-of-my-team.iam.gserviceaccount.com';
const all = new JobStack('stores');
const store = new ArtifactStore(all.stack, 'Store', { project, bucketName: 'models' });

afterAll(() => {
  all.remove();
});

interface Member {
  readonly role: string;
  readonly member: string;
  readonly condition: { readonly title: string; readonly expression: string };
}

function members(path: string): Member[] {
  return all.resources('google_storage_bucket_iam_member', path) as unknown as Member[];
}

function expressionsOf(id: string): string[] {
  return members(`Store/${id}`).map(({ condition }) => condition.expression);
}

const allows = (id: string, object?: string) =>
  expressionsOf(id).some((expression) => holds(expression, 'models', object));

test('is a versioned bucket with a key of its own, without public access, that outlives its stack', () => {
  expect(all.resources('google_storage_bucket', 'Store')).toMatchObject([
    {
      name: 'models',
      location: 'europe-west4',
      uniform_bucket_level_access: true,
      public_access_prevention: 'enforced',
      encryption: { default_kms_key_name: '${google_kms_crypto_key.Store_Key_0C1D9866.id}' },
      versioning: { enabled: true },
      soft_delete_policy: { retention_duration_seconds: 2_592_000 },
      force_destroy: false,
    },
  ]);
  expect(all.resources('google_storage_bucket', 'Store')[0]).not.toHaveProperty('retention_policy');
});

test('its key is rotated, and encrypts what storage, Vertex AI and Cloud Run write', () => {
  expect(all.resources('google_kms_crypto_key', 'Store')).toMatchObject([{ rotation_period: '7776000s' }]);
  const agents = all.resources('google_kms_crypto_key_iam_member', 'Store').map(({ member }) => member);
  expect(agents).toEqual([
    'serviceAccount:service-123456789012@gcp-sa-aiplatform.iam.gserviceaccount.com',
    'serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com',
    'serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com',
  ]);
  expect(store.keyName).toBe(
    'projects/models-of-my-team/locations/europe-west4/keyRings/stores-store-key/cryptoKeys/key',
  );
});

test('is named after its path and the project unless it is given a name', () => {
  const unnamed = new ArtifactStore(all.stack, 'Unnamed', { project });
  expect(unnamed.bucketName).toMatch(/^stores-unnamed-[0-9a-f]{8}$/);
  expect(unnamed.uri('models/1/')).toBe(`gs://${unnamed.bucketName}/models/1/`);
  expect(unnamed.mountPath('models/1/')).toBe(`/gcs/${unnamed.bucketName}/models/1/`);
});

test('keeps objects for as long as it is told', () => {
  new ArtifactStore(all.stack, 'Kept', { project, retentionDays: 365, softDeleteDays: 0 });
  expect(all.resources('google_storage_bucket', 'Kept')).toMatchObject([
    {
      retention_policy: { retention_period: 31_536_000 },
      soft_delete_policy: { retention_duration_seconds: 0 },
    },
  ]);
});

describe('a grant', () => {
  beforeAll(() => {
    store.grantRead('Train', MEMBER, ['datasets/spam/', 'code/0a1b/', 'releases/spam.json']);
    store.grantWrite('Train', MEMBER, ['runs/*/training/train/model/', 'runs/*/training/train/metrics/']);
    store.grantKeep('Train', MEMBER, ['runs/*/training/train/checkpoints/']);
    store.grantRead('Runs', MEMBER, ['runs/*/']);
    store.grantWrite('Models', MEMBER, ['models/']);
    store.grantRead('None', MEMBER, []);
  });

  test('is of the role that reads, adds, or keeps', () => {
    expect(members('Store').map(({ role }) => role)).toEqual([
      'roles/storage.objectUser',
      'roles/storage.objectViewer',
      'roles/storage.objectViewer',
      'roles/storage.objectCreator',
      'roles/storage.objectCreator',
    ]);
    expect(members('Store/WriteTrain')[0]).toMatchObject({
      member: MEMBER,
      bucket: 'models',
      condition: { title: 'only runs/*/training/train/model/, runs/*/training/train/metrics/' },
    });
  });

  test('has a condition that IAM knows', () => {
    const object = 'projects/_/buckets/models/objects';
    expect(expressionsOf('KeepTrain')).toEqual([
      'resource.type == "storage.googleapis.com/Bucket" || ' +
        `(resource.name.startsWith("${object}/runs/") && ` +
        `resource.name.extract("${object}/runs/{run}/") != "" && ` +
        `resource.name.extract("${object}/runs/{run}/training/train/checkpoints/") == resource.name.extract("${object}/runs/{run}/"))`,
    ]);
  });

  test.each([
    ['ReadTrain', 'datasets/spam/raw.csv'],
    ['ReadTrain', 'code/0a1b/code.zip'],
    ['ReadTrain', 'releases/spam.json'],
    ['ReadTrain', 'datasets/'],
    ['WriteTrain', 'runs/r1/training/train/model/weights.safetensors'],
    ['WriteTrain', 'runs/r2/training/train/metrics/deep/metrics.json'],
    ['WriteTrain', 'runs/r1/'],
    ['WriteTrain', 'runs/r1/training/train/'],
    ['KeepTrain', 'runs/r1/training/train/checkpoints/epoch-1'],
    ['ReadRuns', 'runs/r1/training/train/model/weights.safetensors'],
    ['WriteModels', 'models/0a1b/manifest.json'],
  ])('%s allows %s, and listing', (id, object) => {
    expect(allows(id, object)).toBe(true);
    expect(allows(id)).toBe(true);
  });

  test.each([
    ['ReadTrain', 'datasets/spam-2/raw.csv'],
    ['ReadTrain', 'releases/spam.json.old'],
    ['ReadTrain', 'models/0a1b/model.onnx'],
    ['WriteTrain', 'runs/r1/training/train/checkpoints/epoch-1'],
    ['WriteTrain', 'runs/r1/training/train/model'],
    ['WriteTrain', 'runs/r1/deployment/register/training/train/model/model.onnx'],
    ['WriteTrain', 'runs//training/train/model/model.onnx'],
    ['WriteTrain', 'models/runs/r1/training/train/model/model.onnx'],
    ['WriteTrain', 'code/projects/_/buckets/models/objects/runs/r1/training/train/model/x'],
    ['WriteTrain', 'runs/r1'],
    ['KeepTrain', 'runs/r1/training/train/'],
    ['ReadRuns', 'models/0a1b/model.onnx'],
    ['WriteModels', 'baselines/0a1b/baseline.json'],
  ])('%s does not allow %s', (id, object) => {
    expect(allows(id, object)).toBe(false);
  });

  test('of many prefixes is as many conditions as the limit of twelve operators asks for', () => {
    const prefixes = Array.from({ length: 14 }, (_, index) => [
      `runs/*/training/step-${index}/model/`,
      `models/${index}/`,
    ]).flat();
    store.grantRead('Many', MEMBER, prefixes);
    const expressions = expressionsOf('ReadMany');
    expect(expressions).toHaveLength(4);
    for (const expression of expressions) {
      expect(expression.match(/&&|\|\|/g)?.length).toBeLessThanOrEqual(12);
    }
    for (const prefix of prefixes) expect(allows('ReadMany', `${prefix.replace('*', 'r1')}x`)).toBe(true);
    expect(members('Store/ReadMany')[0]?.condition.title).toHaveLength(100);
  });
});

test('of elsewhere is granted like one of its own', () => {
  const keyName = 'projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k';
  const imported = ArtifactStore.fromBucket(all.stack, 'Imported', { bucketName: 'elsewhere', keyName });
  imported.grantRead('Train', MEMBER, ['datasets/spam/']);
  expect(imported.uri('a')).toBe('gs://elsewhere/a');
  expect(imported.keyName).toBe(keyName);
  expect(members('Imported')).toMatchObject([{ bucket: 'elsewhere', role: 'roles/storage.objectViewer' }]);
});

describe('is refused', () => {
  const create = (props: Partial<ArtifactStoreProps>) => () =>
    new ArtifactStore(new JobStack('refused').stack, 'Store', { project, ...props });

  test('with everything that is wrong', () => {
    expect(
      create({
        project: { id: 'P', number: 'x', region: 'europe' },
        bucketName: 'my-google-bucket',
        softDeleteDays: 3,
        retentionDays: 0.5,
      }),
    ).toThrow(
      [
        'artifact store "refused/Store": 6 problems',
        '  project.id: is "P" [project-invalid]',
        '    fix: Give a literal like "my-project-123456".',
        '  project.number: is "x" [project-invalid]',
        '    fix: Give a literal like "123456789012".',
        '  project.region: is "europe" [project-invalid]',
        '    fix: Give a literal like "europe-west4".',
        '  bucketName: is "my-google-bucket" [bucket-name]',
        '    fix: Give 3 to 63 of a–z, 0–9, "-" and "_", without "google" and no "goog" at the beginning.',
        '  softDeleteDays: is 3 [store-days]',
        '    fix: Give a whole number from 7 to 90.',
        '  retentionDays: is 0.5 [store-days]',
        '    fix: Give a whole number from 1 to 36500.',
      ].join('\n'),
    );
  });

  test('from elsewhere with names that are none', () => {
    const attributes = { bucketName: 'X', keyName: 'key' };
    expect(() => ArtifactStore.fromBucket(new JobStack('refused').stack, 'Store', attributes)).toThrow(
      /bucketName: is "X" \[bucket-name\][^]*keyName: is "key" \[key-name\]/,
    );
  });

  test('in a stack of CloudFormation', () => {
    const stack = new Stack(new AwsApp(), 'Aws');
    expect(() => new ArtifactStore(stack, 'Store', { project })).toThrow(
      [
        'cdk-model-pipeline/google: 1 problem',
        '  Aws/Store: is a construct of cdk-model-pipeline/google outside a TerraformStack [not-in-a-terraform-stack]',
        '    fix: Put it into a TerraformStack of cdktf; in a Stack of aws-cdk-lib take cdk-model-pipeline/aws.',
      ].join('\n'),
    );
    const attributes = { bucketName: 'elsewhere', keyName: 'key' };
    expect(() => ArtifactStore.fromBucket(stack, 'Imported', attributes)).toThrow('not-in-a-terraform-stack');
  });
});

test('terraform takes it all', async () => {
  if (await terraformMissing()) return;
  expect(await all.terraform(['validate'])).toMatchObject([{ code: 0 }]);
}, 60_000);
