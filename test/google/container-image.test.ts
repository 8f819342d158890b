import { ContainerImage } from '../../lib/google';
import { JobStack, project } from './job-stack';
import { terraformMissing } from './terraform/terraform';

const DIGEST = `sha256:${'0a'.repeat(32)}`;
const MEMBERS = ['serviceAccount:a@p.iam.gserviceaccount.com', 'serviceAccount:b@p.iam.gserviceaccount.com'];
const all = new JobStack('images');
const own = {
  project: project.id,
  location: 'europe-west4',
  repository: 'serving',
  image: 'server',
  tag: '1.0',
};

afterAll(() => {
  all.remove();
});

test.each([
  ['PyTorch', ContainerImage.pytorch(), 'pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime'],
  [
    'PyTorch of a version',
    ContainerImage.pytorch({ version: '2.8.0', cuda: '12.6' }),
    'pytorch/pytorch:2.8.0-cuda12.6-cudnn9-runtime',
  ],
  ['pinned PyTorch', ContainerImage.pytorch({ digest: DIGEST }), `pytorch/pytorch@${DIGEST}`],
  ['TensorFlow', ContainerImage.tensorflow(), 'tensorflow/tensorflow:2.19.0-gpu'],
  [
    'a public image',
    ContainerImage.fromPublic('library/python:3.11-slim', { digest: DIGEST }),
    `library/python@${DIGEST}`,
  ],
])('%s is pulled from Docker Hub, where nobody needs a permission', (_, image, reference) => {
  expect(image.bind(all.stack, MEMBERS)).toBe(reference);
  expect(all.resources('google_artifact_registry_repository_iam_member')).toEqual([]);
});

test('an image of Artifact Registry may be pulled by those who need it', () => {
  const registry = 'europe-west4-docker.pkg.dev/models-of-my-team/serving/server';
  expect(ContainerImage.fromArtifactRegistry(own).bind(all.stack, MEMBERS)).toBe(`${registry}:1.0`);
  const pinned = ContainerImage.fromArtifactRegistry({ ...own, repository: 'pinned', digest: DIGEST });
  expect(pinned.bind(all.stack, [])).toBe(`${registry.replace('serving', 'pinned')}@${DIGEST}`);
  expect(all.resources('google_artifact_registry_repository_iam_member')).toMatchObject(
    MEMBERS.map((member) => ({
      project: project.id,
      location: 'europe-west4',
      repository: 'serving',
      role: 'roles/artifactregistry.reader',
      member,
    })),
  );
});

test('an image without a version, or with a digest that is none, is refused', () => {
  expect(() => ContainerImage.fromArtifactRegistry({ ...own, tag: undefined })).toThrow(
    'image "server": 1 problem\n  tag: is missing, and so is a digest [image-version]\n    fix: Name a tag, or better a digest.',
  );
  expect(() => ContainerImage.pytorch({ digest: 'sha256:1' })).toThrow(
    '  digest: is "sha256:1" [image-digest]\n    fix: Give "sha256:" and 64 of 0–9 and a–f, as `docker buildx imagetools inspect` prints it.',
  );
});

test('terraform takes it all', async () => {
  if (await terraformMissing()) return;
  expect(await all.terraform(['validate'])).toMatchObject([{ code: 0 }]);
}, 60_000);
