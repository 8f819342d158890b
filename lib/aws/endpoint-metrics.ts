import { type IMetric, MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { AwsMachine } from '../hardware';
import { VARIANT } from './endpoint-settings';

/** An endpoint by its literal name: alarms on it exist before it does. */
export interface EndpointReference {
  readonly endpointName: string;
  /** @default - none: a serverless endpoint */
  readonly machine?: AwsMachine;
  /** @default "live" */
  readonly variantName?: string;
}

const REQUESTS = 'AWS/SageMaker';
const MACHINES = '/aws/sagemaker/Endpoints';
const MINUTE = Duration.minutes(1);

/** Model latency in milliseconds, at the 99th percentile unless `statistic` says otherwise. */
export function latencyMs(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return milliseconds(endpoint, 'latency', 'ModelLatency', 'Model latency', options);
}

/** What SageMaker adds to the model's latency, in milliseconds, at the 99th percentile unless `statistic` says otherwise. */
export function overheadMs(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return milliseconds(endpoint, 'overhead', 'OverheadLatency', 'Overhead', options);
}

/** Share of the requests that ended in a server error, in percent; 0 where there were none. */
export function errorPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return share(endpoint, '5xx', 'Server errors (%)', options);
}

/** Share of the requests that were refused, in percent; 0 where there were none. */
export function clientErrorPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return share(endpoint, '4xx', 'Refused requests (%)', options);
}

/** Requests in the period. */
export function requests(endpoint: EndpointReference, options: MetricOptions = {}): Metric {
  return metric(endpoint, REQUESTS, 'Invocations', { statistic: 'Sum', label: 'Requests', ...options });
}

/** Percent of all vCPUs. */
export function cpuPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'cpu', 'CPUUtilization', endpoint.machine?.vcpus ?? 1, 'CPU (%)', options);
}

/** Percent of main memory. */
export function memoryPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'memory', 'MemoryUtilization', 1, 'Memory (%)', options);
}

/** Percent of the disk. */
export function diskPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'disk', 'DiskUtilization', 1, 'Disk (%)', options);
}

/** Percent of all GPUs, of a machine that has one. */
export function gpuPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'gpu', 'GPUUtilization', gpus(endpoint), 'GPU (%)', options);
}

/** Percent of the memory of all GPUs, of a machine that has one. */
export function gpuMemoryPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  const label = 'GPU memory (%)';
  return utilization(endpoint, 'gpuMemory', 'GPUMemoryUtilization', gpus(endpoint), label, options);
}

/** Requests that wait, per replica of an asynchronous endpoint. */
export function backlog(endpoint: EndpointReference, options: MetricOptions = {}): Metric {
  const label = 'Waiting requests per replica';
  return queueMetric(endpoint, 'ApproximateBacklogSizePerInstance', { label, ...options });
}

/** Seconds that the oldest request has waited for an asynchronous endpoint. */
export function queueAgeSeconds(endpoint: EndpointReference, options: MetricOptions = {}): Metric {
  const label = 'Age of the oldest request (s)';
  return queueMetric(endpoint, 'ApproximateAgeOfOldestRequest', { label, ...options });
}

export function gpus({ machine }: EndpointReference): number {
  return machine?.accelerators ?? 0;
}

/** SageMaker measures in microseconds. */
function milliseconds(
  endpoint: EndpointReference,
  name: string,
  metricName: string,
  label: string,
  options: MetricOptions,
): IMetric {
  const measured = metric(endpoint, REQUESTS, metricName, { statistic: 'p99', ...options });
  const id = `${name}_${measured.statistic.replace(/\W/g, '_')}`;
  return expression(`${id} / 1000`, { [id]: measured }, `${label} (ms, ${measured.statistic})`, options);
}

function share(
  endpoint: EndpointReference,
  status: '4xx' | '5xx',
  label: string,
  options: MetricOptions,
): IMetric {
  const metricName = `Invocation${status.toUpperCase()}Errors`;
  const errors = metric(endpoint, REQUESTS, metricName, { ...options, statistic: 'Sum' });
  const all = metric(endpoint, REQUESTS, 'Invocations', { ...options, statistic: 'Sum' });
  const id = `errors_${status}`;
  const text = `IF(requests > 0, 100 * FILL(${id}, 0) / requests, 0)`;
  return expression(text, { [id]: errors, requests: all }, label, options);
}

/** SageMaker adds up the devices: 100 percent for each. */
function utilization(
  endpoint: EndpointReference,
  id: string,
  name: string,
  devices: number,
  label: string,
  options: MetricOptions,
): IMetric {
  const sum = metric(endpoint, MACHINES, name, { statistic: 'Average', ...options });
  return expression(`${id} / ${devices}`, { [id]: sum }, label, options);
}

function expression(
  text: string,
  usingMetrics: Record<string, IMetric>,
  label: string,
  { period = MINUTE, label: ownLabel = label }: MetricOptions,
): MathExpression {
  return new MathExpression({ expression: text, usingMetrics, label: ownLabel, period });
}

function metric(
  { endpointName, variantName = VARIANT }: EndpointReference,
  namespace: string,
  metricName: string,
  options: MetricOptions,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { EndpointName: endpointName, VariantName: variantName },
    period: MINUTE,
    ...options,
  });
}

/** The queue belongs to the endpoint, not to a variant. */
function queueMetric(
  { endpointName }: EndpointReference,
  metricName: string,
  options: MetricOptions,
): Metric {
  return new Metric({
    namespace: REQUESTS,
    metricName,
    dimensionsMap: { EndpointName: endpointName },
    statistic: 'Maximum',
    period: MINUTE,
    ...options,
  });
}
