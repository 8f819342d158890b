import { ContainerRegistry } from '../../lib/google/container-registry';
import { ModelRegistry } from '../../lib/google/model-registry';
import { createStack, PROJECT, resourceOf, resourcesOf } from './endpoint-synth';

const BUILD = 'serviceAccount:build@my-project.iam.gserviceaccount.com';

test('images are encrypted, their tags stay, and the untagged go', () => {
  const { stack } = createStack();
  const images = new ContainerRegistry(stack, 'Images', { project: PROJECT });
  expect(images.repositoryId).toBe('test-images');
  expect(resourceOf(stack, 'google_artifact_registry_repository')).toMatchObject({
    repository_id: 'test-images',
    format: 'DOCKER',
    location: 'europe-west4',
    kms_key_name: expect.stringContaining('google_kms_crypto_key') as string,
    docker_config: { immutable_tags: true },
    cleanup_policies: [
      { id: 'untagged', action: 'DELETE', condition: { tag_state: 'UNTAGGED', older_than: '2592000s' } },
    ],
  });
  expect(resourcesOf(stack, 'google_kms_crypto_key_iam_member').map(({ member }) => member)).toContain(
    'serviceAccount:service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com',
  );
});

test('an image of the repository is pulled by those that run it, and pushed by those that may', () => {
  const { stack } = createStack();
  const images = new ContainerRegistry(stack, 'Images', { project: PROJECT, repositoryId: 'images' });
  images.grantPush('Build', BUILD);
  const reference = images.image('serving', '1.0.0').bind(stack, [BUILD]);
  expect(reference).toBe('europe-west4-docker.pkg.dev/my-project/images/serving:1.0.0');
  expect(
    resourcesOf(stack, 'google_artifact_registry_repository_iam_member')
      .map(({ role }) => role)
      .sort(),
  ).toEqual(['roles/artifactregistry.reader', 'roles/artifactregistry.writer']);
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(images.image('serving', '1.0.0', { digest }).bind(stack, [])).toMatch(/serving@sha256:a{64}$/);
});

test('a model is known by its name before its first version is there', () => {
  const { stack } = createStack();
  expect(new ModelRegistry(stack, 'Registry', { project: PROJECT }).modelName).toBe(
    'projects/my-project/locations/europe-west4/models/test-registry',
  );
  const registry = new ModelRegistry(stack, 'Named', { project: PROJECT, modelId: 'spam_filter' });
  expect(registry.modelId).toBe('spam_filter');
  registry.grantRegister('Build', BUILD);
  registry.grantRead('Build', BUILD);
  expect(
    resourcesOf(stack, 'google_project_iam_member')
      .map(({ role }) => role)
      .sort(),
  ).toEqual(['roles/aiplatform.user', 'roles/aiplatform.viewer']);
});

test('a name that Vertex AI refuses is refused', () => {
  const { stack } = createStack();
  expect(() => new ModelRegistry(stack, 'Registry', { project: PROJECT, modelId: 'Spam' })).toThrow(
    'modelId: is "Spam" [model-id]',
  );
});
