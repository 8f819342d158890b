import { EndpointAlarms, type EndpointAlarmsProps } from '../../lib/google/endpoint-alarms';
import type { CloudRunReference, VertexEndpointReference } from '../../lib/google/endpoint-metrics';
import { NotificationChannels } from '../../lib/google/notification-channels';
import { findMachine } from '../../lib/hardware';
import { createStack, PROJECT, type Resource, resourcesOf } from './endpoint-synth';

const VERTEX: VertexEndpointReference = {
  ...{ kind: 'vertex', projectId: PROJECT.id, region: PROJECT.region, endpointId: '1234567890' },
  machine: findMachine('g2-standard-8', 'google'),
};
const RUN: CloudRunReference = {
  ...{ kind: 'cloud-run', projectId: PROJECT.id, region: PROJECT.region, serviceName: 'spam' },
  gpu: true,
};

function make(props: Partial<EndpointAlarmsProps>) {
  const { stack } = createStack();
  const alarms = new EndpointAlarms(stack, 'Alarms', { project: PROJECT, endpoint: VERTEX, ...props });
  const policies = resourcesOf(stack, 'google_monitoring_alert_policy');
  return { alarms, stack, policies };
}

function conditionOf(policies: readonly Resource[], name: string): Resource {
  const policy = policies.find(({ display_name }) => String(display_name).endsWith(` ${name}`));
  const [condition] = (policy?.conditions ?? []) as Resource[];
  return (condition?.condition_threshold ?? condition?.condition_absent) as Resource;
}

test('each level is a policy of its own, the warning less severe', () => {
  const { policies } = make({ latencyP99Ms: { warning: 100, critical: 250 } });
  expect(policies.map(({ display_name, severity }) => [display_name, severity])).toEqual([
    ['Warning: test Latency', 'WARNING'],
    ['Critical: test Latency', 'CRITICAL'],
  ]);
});

test('latency is the percentile over all replicas, of the model alone, above it for two minutes', () => {
  const { policies } = make({ latencyP99Ms: { critical: 250 } });
  expect(conditionOf(policies, 'Latency')).toEqual({
    filter:
      'resource.type = "aiplatform.googleapis.com/Endpoint" AND ' +
      'resource.labels.location = "europe-west4" AND ' +
      'resource.labels.endpoint_id = "1234567890" AND ' +
      'metric.type = "aiplatform.googleapis.com/prediction/online/prediction_latencies" AND ' +
      'metric.labels.latency_type = "model"',
    aggregations: [
      {
        alignment_period: '60s',
        per_series_aligner: 'ALIGN_DELTA',
        cross_series_reducer: 'REDUCE_PERCENTILE_99',
      },
    ],
    comparison: 'COMPARISON_GT',
    threshold_value: 250,
    duration: '120s',
    evaluation_missing_data: 'EVALUATION_MISSING_DATA_INACTIVE',
    trigger: { count: 1 },
  });
});

test('errors are a share of all answers', () => {
  const { policies } = make({ errorPercent: { critical: 1 }, clientErrorPercent: { warning: 20 } });
  const errors = conditionOf(policies, 'Errors');
  expect(errors.filter).toContain(
    'prediction/online/response_count" AND metric.labels.response_code = "5xx"',
  );
  expect(errors.denominator_filter).toMatch(/prediction\/online\/response_count"$/);
  expect(errors.denominator_aggregations).toEqual(errors.aggregations);
  expect(errors.threshold_value).toBe(0.01);
  expect(conditionOf(policies, 'ClientErrors')).toMatchObject({ threshold_value: 0.2 });
});

test('percentages of a machine count its vCPUs, memory and GPU memory', () => {
  const { policies } = make({
    cpuPercent: { warning: 90 },
    memoryPercent: { warning: 50 },
    gpuPercent: { warning: 95 },
    gpuMemoryPercent: { warning: 50 },
  });
  expect(conditionOf(policies, 'Cpu').threshold_value).toBeCloseTo(7.2);
  expect(conditionOf(policies, 'Memory').threshold_value).toBe(16 * 2 ** 30);
  expect(conditionOf(policies, 'Gpu').threshold_value).toBe(0.95);
  expect(conditionOf(policies, 'GpuMemory').threshold_value).toBe(10.5 * 2 ** 30);
  expect(conditionOf(policies, 'GpuMemory').filter).toContain(
    'prediction/online/accelerator/memory/bytes_used"',
  );
});

test('silence is the absence of answers', () => {
  const { policies } = make({ silenceMinutes: { warning: 60 } });
  expect(conditionOf(policies, 'Silence')).toMatchObject({
    duration: '3600s',
    filter: expect.stringMatching(/response_count"$/) as string,
  });
});

test('the rest of an endpoint of Vertex AI: median, overhead and replicas', () => {
  const { policies } = make({
    latencyP50Ms: { warning: 40 },
    overheadP99Ms: { warning: 20 },
    replicas: { critical: 2 },
  });
  expect(conditionOf(policies, 'MedianLatency').aggregations).toMatchObject([
    { cross_series_reducer: 'REDUCE_PERCENTILE_50' },
  ]);
  expect(conditionOf(policies, 'Overhead').filter).toContain('metric.labels.latency_type = "overhead"');
  expect(conditionOf(policies, 'Replicas')).toMatchObject({
    comparison: 'COMPARISON_LT',
    threshold_value: 2,
  });
});

test('a peered endpoint has metrics of its own, with codes as numbers', () => {
  const { policies } = make({
    endpoint: { ...VERTEX, peered: true },
    latencyP99Ms: { critical: 250 },
    errorPercent: { critical: 1 },
  });
  expect(conditionOf(policies, 'Latency').filter).toMatch(
    /prediction\/online\/private\/prediction_latencies"$/,
  );
  expect(conditionOf(policies, 'Errors').filter).toMatch(
    /private\/response_count" AND metric.labels.response_code >= 500 AND metric.labels.response_code < 600$/,
  );
});

test('a service of Cloud Run is watched by its own metrics', () => {
  const { policies } = make({
    endpoint: RUN,
    latencyP99Ms: { critical: 250 },
    errorPercent: { critical: 1 },
    cpuPercent: { warning: 90 },
    memoryPercent: { warning: 90 },
    gpuPercent: { warning: 90 },
    gpuMemoryPercent: { warning: 90 },
    replicas: { warning: 1 },
  });
  const metricOf = (name: string) =>
    /metric\.type = "run\.googleapis\.com\/([^"]+)"/.exec(String(conditionOf(policies, name).filter))?.[1];
  expect(['Latency', 'Errors', 'Cpu', 'Memory', 'Gpu', 'GpuMemory', 'Replicas'].map(metricOf)).toEqual([
    'request_latencies',
    'request_count',
    'container/cpu/utilizations',
    'container/memory/utilizations',
    'container/gpu/utilizations',
    'container/gpu/memory_utilizations',
    'container/instance_count',
  ]);
  expect(conditionOf(policies, 'Cpu')).toMatchObject({
    threshold_value: 0.9,
    filter: expect.stringContaining('resource.labels.service_name = "spam"') as string,
  });
  expect(conditionOf(policies, 'Errors').filter).toContain('metric.labels.response_code_class = "5xx"');
});

test('people hear of the levels they asked for', () => {
  const { stack } = createStack();
  const channels = new NotificationChannels(stack, 'Team', {
    project: PROJECT,
    recipients: ['a@example.com', 'a@example.com', 'b@example.com'],
  });
  new EndpointAlarms(stack, 'Alarms', {
    project: PROJECT,
    endpoint: VERTEX,
    errorPercent: { warning: 1, critical: 5 },
    actions: { critical: channels },
  });
  expect(resourcesOf(stack, 'google_monitoring_notification_channel')).toMatchObject([
    { type: 'email', labels: { email_address: 'a@example.com' } },
    { type: 'email', labels: { email_address: 'b@example.com' } },
  ]);
  const [warning, critical] = resourcesOf(stack, 'google_monitoring_alert_policy');
  expect(warning?.notification_channels).toEqual([]);
  expect(critical?.notification_channels).toEqual([
    expect.stringContaining('google_monitoring_notification_channel'),
    expect.stringContaining('google_monitoring_notification_channel'),
  ]);
});

test('a release is judged by the severest levels', () => {
  const { alarms } = make({ latencyP99Ms: { warning: 100, critical: 250 }, errorPercent: { warning: 2 } });
  expect(alarms.release).toEqual({ latencyP99Ms: 250, errorPercent: 2 });
});

describe('what is refused', () => {
  test.each<readonly [string, Partial<EndpointAlarmsProps>, string]>([
    ['nothing at all', {}, 'alarms: have no level: nothing is watched [no-alarms]'],
    [
      'a GPU that is not there',
      { endpoint: { ...RUN, gpu: false }, gpuPercent: { warning: 90 } },
      'alarms.gpuPercent: watches a GPU; the endpoint has none [alarm-without-gpu]',
    ],
    [
      'disks, which Vertex AI does not measure',
      { diskPercent: { warning: 90 } },
      'alarms.diskPercent: watches what Vertex AI does not measure [alarm-not-measured]',
    ],
    [
      'a share of a machine that is not known',
      { endpoint: { ...VERTEX, machine: undefined }, cpuPercent: { warning: 90 } },
      'alarms.cpuPercent: is a share of a machine that is not known [alarm-without-machine]',
    ],
    [
      'a day of silence',
      { silenceMinutes: { critical: 1440 } },
      'alarms.silenceMinutes.critical: is 1440; Cloud Monitoring notices an absence of at most 1410 minutes',
    ],
  ])('%s', (_, props, message) => {
    expect(() => make(props)).toThrow(message);
  });

  test('an address that is none', () => {
    const { stack } = createStack();
    const make = () => new NotificationChannels(stack, 'Team', { project: PROJECT, recipients: ['team'] });
    expect(make).toThrow('recipients: has "team" [mail-address]');
  });
});
