import { Authorizer } from '../../lib/aws/rehearsal/authorizer';
import { ServiceModels } from '../../lib/aws/rehearsal/service-models';
import { containing } from './matchers';

const ROLE = 'arn:aws:iam::123456789012:role/PipelineRole';

function createAuthorizer(): Authorizer {
  const permissions = [
    { actions: ['s3:GetObject', 's3:PutObject'], resources: ['arn:aws:s3:::store/runs/*/data/*'] },
    {
      actions: ['s3:ListBucket'],
      resources: ['arn:aws:s3:::store'],
      condition: { StringLike: { 's3:prefix': ['runs/*'] } },
    },
    { actions: ['xray:PutTraceSegments'], resources: ['*'] },
  ];
  return new Authorizer(new Map([[ROLE, permissions]]), new Set());
}

test('a call that a policy allows passes, and counts as used', () => {
  const authorizer = createAuthorizer();
  authorizer.authorize(ROLE, 's3:GetObject', 'arn:aws:s3:::store/runs/1/data/train.csv');
  authorizer.authorize(ROLE, 's3:ListBucket', 'arn:aws:s3:::store', { 's3:prefix': 'runs/1/' });
  expect(authorizer.unused()).toEqual([`${ROLE} s3:PutObject`]);
});

test.each([
  ['another action', 's3:DeleteObject', 'arn:aws:s3:::store/runs/1/data/train.csv', {}],
  ['another object', 's3:GetObject', 'arn:aws:s3:::store/models/1/model.onnx', {}],
  ['another prefix', 's3:ListBucket', 'arn:aws:s3:::store', { 's3:prefix': 'models/' }],
  ['no prefix', 's3:ListBucket', 'arn:aws:s3:::store', {}],
])('%s is denied', (_, action, resource, context) => {
  const authorizer = createAuthorizer();
  expect(() => {
    authorizer.authorize(ROLE, action, resource, context);
  }).toThrow(`${ROLE} may not ${action} on ${resource}`);
});

test('a role that no policy is attached to may do nothing', () => {
  const authorizer = createAuthorizer();
  expect(() => {
    authorizer.authorize('other', 's3:GetObject', 'arn:aws:s3:::store/runs/1/data/train.csv');
  }).toThrow('other may not s3:GetObject');
});

describe('parameters', () => {
  const models = new ServiceModels();

  test('that the API knows pass', () => {
    expect(models.check('sagemaker:deleteEndpoint', { EndpointName: 'spam' })).toEqual([]);
    expect(models.check('sfn:describeExecution', { 'ExecutionArn.$': '$.owner' })).toEqual([]);
    expect(models.check('lambda:invoke', { FunctionName: 'f', Payload: { any: 'thing' } })).toEqual([]);
  });

  test('that it does not know, or that are missing, are named', () => {
    expect(models.check('sagemaker:deleteEndpoint', { Name: 'spam' })).toEqual([
      'sagemaker:deleteEndpoint.EndpointName is missing',
      'sagemaker:deleteEndpoint.Name is unknown',
    ]);
  });

  test('of an API that does not exist are an error', () => {
    expect(() => models.check('sagemaker:moveEndpoint', {})).toThrow('sagemaker has no MoveEndpoint');
  });

  test('of a service whose client is not installed are not checked, which is said', () => {
    expect(models.check('nosuchservice:call', {})).toEqual([]);
    expect([...models.unchecked]).toEqual([containing('@aws-sdk/client-nosuchservice')]);
  });
});
