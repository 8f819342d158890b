import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Stack } from 'aws-cdk-lib/core';
import { ContainerImage } from '../../lib/aws';
import { flatten } from './flatten';
import { containing } from './matchers';
import { statementsOf } from './policies';
import { createStack } from './synth';

function bind(image: ContainerImage, stack: Stack): { uri: string; template: Template } {
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') });
  return { uri: image.bind(stack, role), template: Template.fromStack(stack) };
}

const inRegion = (region: string) => createStack({ account: '123456789012', region });

test.each([
  ['eu-central-1', '763104351884.dkr.ecr.eu-central-1.amazonaws.com'],
  ['af-south-1', '626614931356.dkr.ecr.af-south-1.amazonaws.com'],
  ['us-gov-west-1', '442386744353.dkr.ecr.us-gov-west-1.amazonaws.com'],
])('a deep learning container in %s comes from %s', (region, registry) => {
  const stack = inRegion(region);
  const { template, uri } = bind(ContainerImage.pytorchTraining({ processor: 'gpu' }), stack);
  expect(flatten(stack.resolve(uri))).toBe(`${registry}/pytorch-training:2.8.0-gpu-py312`);
  expect(template.toJSON()).not.toHaveProperty('Mappings');
});

test('where the region is known at deployment only, the template looks the registry up', () => {
  const stack = createStack();
  const { template, uri } = bind(ContainerImage.tensorflowTraining({ processor: 'cpu' }), stack);
  expect(JSON.stringify(stack.resolve(uri))).toMatch(
    /Fn::FindInMap.*\/tensorflow-training:2\.19\.0-cpu-py312/,
  );
  const { Mappings } = template.toJSON() as { Mappings: Record<string, Record<string, { account: string }>> };
  const [accounts] = Object.values(Mappings);
  expect(Object.keys(accounts ?? {})).toHaveLength(38);
  expect(accounts?.['il-central-1']).toEqual({ account: '780543022126' });
});

test('may be pulled by whom it is bound to, from its own repository', () => {
  const { template } = bind(ContainerImage.triton(), inRegion('eu-west-1'));
  expect(statementsOf(template).slice(1)).toMatchObject([
    {
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      resources: ['arn:aws:ecr:eu-west-1:763104351884:repository/sagemaker-tritonserver'],
    },
    { actions: ['ecr:GetAuthorizationToken'], resources: ['*'] },
  ]);
});

test('Triton for a machine without a GPU is an image of its own', () => {
  const stack = inRegion('eu-west-1');
  const { uri } = bind(ContainerImage.triton({ processor: 'cpu' }), stack);
  expect(uri).toMatch(/\/sagemaker-tritonserver:25\.09-py3-cpu$/);
});

test('a region without the image is refused', () => {
  expect(() => bind(ContainerImage.triton(), inRegion('us-gov-west-1'))).toThrow(
    'image "sagemaker-tritonserver": 1 problem\n' +
      '  Test: AWS publishes no sagemaker-tritonserver image in us-gov-west-1 [image-region]\n' +
      '    fix: Name an image of your own: ContainerImage.fromEcrRepository(…) or ContainerImage.fromUri(…).',
  );
});

test('an image of a repository may be pulled from it alone', () => {
  const stack = createStack();
  const repository = Repository.fromRepositoryName(stack, 'Server', 'server');
  const { template, uri } = bind(ContainerImage.fromEcrRepository(repository, '1.0.0'), stack);
  expect(JSON.stringify(stack.resolve(uri))).toContain('/server:1.0.0');
  expect(statementsOf(template)[1]?.resources).toEqual([
    'arn:aws:ecr:eu-central-1:123456789012:repository/server',
  ]);
});

describe('a deep learning container may be pinned', () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

  test('to its digest', () => {
    const stack = inRegion('eu-west-1');
    const { uri } = bind(ContainerImage.pytorchTraining({ processor: 'gpu', digest }), stack);
    expect(flatten(stack.resolve(uri))).toBe(
      `763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training@${digest}`,
    );
  });

  test('to a registry of another account, of which it may be pulled', () => {
    const stack = inRegion('eu-isoe-west-1');
    const image = ContainerImage.tensorflowTraining({ processor: 'cpu', account: '111122223333' });
    const { template, uri } = bind(image, stack);
    expect(uri).toContain('111122223333.dkr.ecr.eu-isoe-west-1.');
    expect(statementsOf(template)[1]?.resources).toEqual([
      containing('ecr:eu-isoe-west-1:111122223333:repository/tensorflow-training'),
    ]);
  });

  test('but not to what is no digest', () => {
    expect(() => ContainerImage.triton({ digest: 'latest' })).toThrow(
      'image "sagemaker-tritonserver": 1 problem\n' +
        '  digest: is "latest" [image-digest]\n' +
        '    fix: Give "sha256:" and 64 of 0–9 and a–f, as `docker buildx imagetools inspect` prints it.',
    );
  });
});

test('an image of a Dockerfile is an asset of the stack, for the machines of SageMaker', () => {
  const directory = mkdtempSync(join(tmpdir(), 'image-'));
  writeFileSync(join(directory, 'Job.Dockerfile'), 'FROM scratch\n');
  const stack = createStack();
  const image = ContainerImage.fromAsset(directory, { file: 'Job.Dockerfile', buildArgs: { CUDA: '12' } });
  const { template, uri } = bind(image, stack);
  expect(flatten(stack.resolve(uri))).toMatch(/container-assets-.*:[0-9a-f]{64}$/);
  expect(statementsOf(template)[1]).toMatchObject({
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    resources: [containing(':repository/cdk-hnb659fds-container-assets-')],
  });
});

test('an image by its name grants nothing', () => {
  const { template, uri } = bind(ContainerImage.fromUri('registry.example.com/server:1'), createStack());
  expect(uri).toBe('registry.example.com/server:1');
  template.resourceCountIs('AWS::IAM::Policy', 0);
});
