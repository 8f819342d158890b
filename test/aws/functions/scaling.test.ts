import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createHandler } from '../../../lib/aws/functions/scaling';
import type { ScaledVariant } from '../../../lib/aws/scaling-tags';
import { FakeEndpoint } from './fake-endpoint';

const LIVE: ScaledVariant = { variant: 'live', min: 1, max: 3, metric: 'requestsPerMinute', target: 600 };
const RIVAL: ScaledVariant = { variant: 'rival', min: 2, max: 4, metric: 'gpuPercent', target: 280 };
const PATIENCE = { intervalMs: 0, quiet: 2, most: 20 };

interface Answer {
  readonly Status: string;
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

let server: Server;
let url: string;
let status: number;
let answers: { headers: object; body: Answer }[];
let endpoint: FakeEndpoint;
let handler: ReturnType<typeof createHandler>;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      answers.push({ headers: request.headers, body: JSON.parse(body) as Answer });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed`;
});

afterAll(() => server.close());

beforeEach(() => {
  [status, answers] = [200, []];
  endpoint = new FakeEndpoint();
  endpoint.configs
    .set('small', { machines: { live: 'ml.m5.large' }, scaled: [LIVE] })
    .set('same', { machines: { live: 'ml.m5.large' }, scaled: [{ ...LIVE, max: 5 }] })
    .set('large', { machines: { live: 'ml.g5.xlarge' }, scaled: [LIVE] })
    .set('two', { machines: { live: 'ml.m5.large', rival: 'ml.g5.xlarge' }, scaled: [LIVE, RIVAL] })
    .set('fixed', { machines: { live: 'ml.m5.large' } })
    .set('foreign', { machines: { live: 'ml.m5.large' }, foreign: true })
    .set('zero', {
      machines: { live: 'ml.m5.large' },
      scaled: [{ ...LIVE, min: 0, metric: 'backlog', target: 5 }],
    });
  handler = createHandler(endpoint.clients, PATIENCE);
});

/** SageMaker says that the endpoint has come into service. */
const inService = () => handler({ endpointName: 'spam' });

/** CloudFormation calls the custom resource. @returns what it is told */
async function call(RequestType: 'Create' | 'Update' | 'Delete', config: string, before?: string) {
  await handler({
    RequestType,
    ResponseURL: url,
    StackId: 'stack',
    RequestId: `request-${answers.length}`,
    LogicalResourceId: 'Scaling',
    PhysicalResourceId: before === undefined ? undefined : `spam/${before}`,
    ResourceProperties: { EndpointName: 'spam', EndpointConfigName: config },
  });
  return answers.at(-1)?.body;
}

/** An endpoint on a configuration, with its scaling. */
async function given(config: string): Promise<void> {
  endpoint.move(config);
  await inService();
  endpoint.calls.length = 0;
}

test('a new endpoint scales once it is in service', async () => {
  expect(await call('Create', 'two')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'spam/two' });
  expect(endpoint.scaling).toEqual({});
  endpoint.move('two');
  await inService();
  expect(endpoint.scaling).toEqual({ live: [1, 3], rival: [2, 4] });
  expect(endpoint.policies.get('endpoint/spam/variant/rival spam-requests')).toMatchObject({
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 280,
      CustomizedMetricSpecification: { Dimensions: [{ Value: 'spam' }, { Value: 'rival' }] },
      ScaleInCooldown: 600,
    },
  });
});

test('the first machine is brought by an alarm, which goes when one always runs', async () => {
  await given('zero');
  expect(endpoint.scaling).toEqual({ live: [0, 3] });
  expect(endpoint.alarms.get('spam-no-replica')).toMatchObject({
    MetricName: 'HasBacklogWithoutCapacity',
    AlarmActions: ['policy:spam-first-replica'],
  });
  await given('small');
  expect(endpoint.alarms.size).toBe(0);
});

test('on the same machine nothing is taken off before, and the new bounds hold after', async () => {
  await given('small');
  await call('Update', 'same', 'small');
  expect(endpoint.calls).toEqual([
    'DescribeEndpoint',
    'DescribeEndpointConfig',
    'DescribeEndpointConfig',
    'DescribeScalableTargets',
  ]);
  endpoint.move('same');
  await inService();
  expect(await call('Delete', 'small', 'small')).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'spam/small',
  });
  expect(endpoint.scaling).toEqual({ live: [1, 5] });
  expect(endpoint.count('DeregisterScalableTarget')).toBe(0);
});

test('for another machine scaling is taken off, and is back with it', async () => {
  await given('small');
  expect(() => {
    endpoint.move('large');
  }).toThrow('registered as a scalable target');
  expect(await call('Update', 'large', 'small')).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'spam/large',
  });
  expect(endpoint.scaling).toEqual({});
  endpoint.move('large');
  await inService();
  expect(endpoint.scaling).toEqual({ live: [1, 3] });
});

test('only the variant that goes loses its scaling', async () => {
  await given('two');
  await call('Update', 'small', 'two');
  expect(endpoint.scaling).toEqual({ live: [1, 3] });
});

test('scaling that an event brings back while it is taken off goes again', async () => {
  await given('small');
  endpoint.after(2, () => {
    if (endpoint.live) endpoint.live.status = 'Updating';
  });
  endpoint.after(4, async () => {
    if (endpoint.live) endpoint.live.status = 'InService';
    await inService();
  });
  await call('Update', 'large', 'small');
  expect(endpoint.count('RegisterScalableTarget')).toBe(1);
  expect(endpoint.count('DeregisterScalableTarget')).toBe(2);
  endpoint.move('large');
});

describe('scaling is back', () => {
  beforeEach(async () => {
    await given('small');
    await call('Update', 'large', 'small');
    expect(endpoint.scaling).toEqual({});
  });

  test('when SageMaker turns the endpoint back', async () => {
    await inService();
    expect(endpoint.scaling).toEqual({ live: [1, 3] });
  });

  test('when the deployment fails before the endpoint: what was made is deleted', async () => {
    await call('Delete', 'large', 'large');
    expect(endpoint.scaling).toEqual({ live: [1, 3] });
  });

  test('when CloudFormation goes back, at the latest at its end', async () => {
    endpoint.move('large');
    await inService();
    expect(await call('Update', 'small', 'large')).toMatchObject({ PhysicalResourceId: 'spam/small' });
    expect(endpoint.scaling).toEqual({});
    endpoint.move('small');
    if (endpoint.live) endpoint.live.status = 'Updating';
    endpoint.after(3, () => {
      if (endpoint.live) endpoint.live.status = 'InService';
    });
    await call('Delete', 'large', 'large');
    expect(endpoint.scaling).toEqual({ live: [1, 3] });
  });
});

test('other bounds of the configuration that is live hold at once', async () => {
  await given('small');
  endpoint.configs.set('small', { machines: { live: 'ml.m5.large' }, scaled: [{ ...LIVE, max: 9 }] });
  await call('Update', 'small', 'small');
  expect(endpoint.scaling).toEqual({ live: [1, 9] });
});

test('a configuration without scaling takes it off; somebody else’s, and an endpoint that changes, do not', async () => {
  await given('small');
  endpoint.move('foreign');
  await inService();
  expect(endpoint.scaling).toEqual({ live: [1, 3] });
  endpoint.live = { config: 'fixed', status: 'Updating' };
  await inService();
  expect(endpoint.scaling).toEqual({ live: [1, 3] });
  endpoint.live.status = 'InService';
  expect(await call('Delete', 'small', 'first')).toMatchObject({ PhysicalResourceId: 'spam/first' });
  expect(endpoint.scaling).toEqual({});
});

test('with the stack goes the scaling of its endpoint, and no other', async () => {
  await given('zero');
  endpoint.targets.set('endpoint/spam-2/variant/live', {});
  endpoint.live = undefined;
  expect(await call('Delete', 'zero', 'zero')).toMatchObject({ Status: 'SUCCESS' });
  expect([...endpoint.targets.keys()]).toEqual(['endpoint/spam-2/variant/live']);
  expect(endpoint.alarms.size).toBe(0);
});

test('an alarm that is not there need not go', async () => {
  endpoint.failures = { DeleteAlarms: Object.assign(new Error('none'), { name: 'ResourceNotFound' }) };
  expect(await call('Delete', 'small', 'small')).toMatchObject({ Status: 'SUCCESS' });
  endpoint.failures = { DeleteAlarms: new Error('throttled') };
  expect(await call('Delete', 'small', 'small')).toMatchObject({
    Status: 'FAILED',
    Reason: 'Error: throttled',
  });
});

test('CloudFormation is told why something failed, and keeps the resource that it had', async () => {
  await given('small');
  endpoint.failures = { DescribeEndpoint: new Error('not authorized') };
  const failed = { Status: 'FAILED', Reason: 'Error: not authorized' };
  expect(await call('Create', 'large')).toEqual({
    ...failed,
    PhysicalResourceId: 'spam/large',
    LogicalResourceId: 'Scaling',
    RequestId: 'request-0',
    StackId: 'stack',
  });
  expect(await call('Update', 'large', 'small')).toMatchObject({
    ...failed,
    PhysicalResourceId: 'spam/small',
  });
  expect(await call('Delete', 'large', 'large')).toMatchObject({
    ...failed,
    PhysicalResourceId: 'spam/large',
  });
  expect(answers[0]?.headers).toMatchObject({
    'content-type': '',
    'content-length': expect.any(String) as string,
  });
});

test('an answer that CloudFormation does not take is an error, so that Lambda tries again', async () => {
  status = 403;
  await expect(call('Create', 'small')).rejects.toThrow('CloudFormation answered with status 403');
});

test('what fails at an event is an error, so that Lambda tries again', async () => {
  endpoint.failures = { DescribeEndpoint: new Error('throttled') };
  await expect(inService()).rejects.toThrow('throttled');
});
