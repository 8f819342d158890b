import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Stack } from 'aws-cdk-lib/core';
import { ArtifactStore } from '../../lib/aws';
import { statementsOf } from './policies';
import { createStack } from './synth';

function createRole(stack: Stack): Role {
  return new Role(stack, 'Role', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') });
}

function grants(stack: Stack) {
  return statementsOf(Template.fromStack(stack))
    .filter(({ holder }) => holder.startsWith('RoleDefaultPolicy'))
    .map(({ actions, resources, condition }) => ({
      actions,
      resources,
      ...(condition ? { condition } : {}),
    }));
}

test('keeps every version, encrypted, unreachable from outside, after its stack is gone', () => {
  const stack = createStack();
  new ArtifactStore(stack, 'Store');
  const template = Template.fromStack(stack);
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Retain',
    Properties: {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
        ],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    },
  });
  template.hasResource('AWS::KMS::Key', {
    DeletionPolicy: 'Retain',
    Properties: { EnableKeyRotation: true },
  });
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        Match.objectLike({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
      ],
    },
  });
});

test('reading is allowed under one prefix', () => {
  const stack = createStack();
  new ArtifactStore(stack, 'Store').grantRead(createRole(stack), 'models/');
  const bucket = 'arn:aws:test:eu-central-1:123456789012:StoreBucket4FBDE984';
  expect(grants(stack)).toEqual([
    {
      actions: ['s3:ListBucket'],
      resources: [bucket],
      condition: { StringLike: { 's3:prefix': ['models/*'] } },
    },
    { actions: ['s3:GetObject'], resources: [`${bucket}/models/*`] },
    { actions: ['kms:Decrypt'], resources: ['arn:aws:test:eu-central-1:123456789012:StoreKey7A3C02BD'] },
  ]);
});

test('writing is allowed under one prefix, and without reading', () => {
  const stack = createStack();
  new ArtifactStore(stack, 'Store').grantWrite(createRole(stack), 'runs/*/training/train/');
  const bucket = 'arn:aws:test:eu-central-1:123456789012:StoreBucket4FBDE984';
  expect(grants(stack)).toEqual([
    {
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${bucket}/runs/*/training/train/*`],
    },
    {
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      resources: ['arn:aws:test:eu-central-1:123456789012:StoreKey7A3C02BD'],
    },
  ]);
});

test('several prefixes take as many statements as one', () => {
  const stack = createStack();
  const store = new ArtifactStore(stack, 'Store');
  const role = createRole(stack);
  store.grantRead(role, 'models/', 'releases/live.json');
  store.grantWrite(role, 'runs/*/report/', 'runs/*/metrics/');
  const bucket = 'arn:aws:test:eu-central-1:123456789012:StoreBucket4FBDE984';
  expect(grants(stack).filter(({ actions }) => !actions.includes('kms:Decrypt'))).toEqual([
    {
      actions: ['s3:ListBucket'],
      resources: [bucket],
      condition: { StringLike: { 's3:prefix': ['models/*', 'releases/live.json*'] } },
    },
    { actions: ['s3:GetObject'], resources: [`${bucket}/models/*`, `${bucket}/releases/live.json`] },
    {
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${bucket}/runs/*/report/*`, `${bucket}/runs/*/metrics/*`],
    },
  ]);
});

test('no prefix allows nothing', () => {
  const stack = createStack();
  const store = new ArtifactStore(stack, 'Store');
  const role = createRole(stack);
  expect(store.grantRead(role).success).toBe(false);
  expect(store.grantWrite(role).success).toBe(false);
  expect(grants(stack)).toEqual([]);
});

test('a prefix that names one object allows that object alone', () => {
  const stack = createStack();
  new ArtifactStore(stack, 'Store').grantWrite(createRole(stack), 'releases/live.json');
  expect(grants(stack)[0]?.resources).toEqual([
    'arn:aws:test:eu-central-1:123456789012:StoreBucket4FBDE984/releases/live.json',
  ]);
});

test('access is logged where a bucket for logs is given', () => {
  const stack = createStack();
  new ArtifactStore(stack, 'Store', { accessLogsBucket: new Bucket(stack, 'Logs') });
  Template.fromStack(stack).hasResourceProperties('AWS::S3::Bucket', {
    LoggingConfiguration: {
      DestinationBucketName: { Ref: Match.stringLikeRegexp('^Logs') },
      LogFilePrefix: 'Test/Store/',
    },
  });
});

test('a store made elsewhere is granted alike, and nothing is created', () => {
  const stack = createStack();
  const store = ArtifactStore.fromBucket(stack, 'Store', {
    bucket: Bucket.fromBucketName(stack, 'Bucket', 'artifacts'),
    encryptionKey: Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:123456789012:key/1'),
  });
  store.grantRead(createRole(stack), 'models/');
  expect(store.s3Uri('models/')).toBe('s3://artifacts/models/');
  expect(grants(stack).map(({ resources }) => resources[0])).toEqual([
    'arn:aws:s3:::artifacts',
    'arn:aws:s3:::artifacts/models/*',
    'arn:aws:kms:eu-central-1:123456789012:key/1',
  ]);
  Template.fromStack(stack).resourceCountIs('AWS::S3::Bucket', 0);
});
