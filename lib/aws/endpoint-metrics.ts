import { type IMetric, MathExpression, Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { AwsMachine } from '../hardware';
import { VARIANT } from './endpoint-settings';

/** An endpoint by its literal name: alarms on it exist before it does. */
export interface EndpointReference {
  readonly endpointName: string;
  readonly machine: AwsMachine;
}

const REQUESTS = 'AWS/SageMaker';
const MACHINES = '/aws/sagemaker/Endpoints';
const MINUTE = Duration.minutes(1);

/** Model latency in milliseconds, at the 99th percentile unless `statistic` says otherwise. */
export function latencyMs(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  const latency = metric(endpoint, REQUESTS, 'ModelLatency', { statistic: 'p99', ...options });
  // SageMaker measures in microseconds.
  const id = `latency_${latency.statistic.replace(/\W/g, '_')}`;
  return expression(`${id} / 1000`, { [id]: latency }, `Model latency (ms, ${latency.statistic})`, options);
}

/** Share of the requests that ended in a server error, in percent; 0 where there were none. */
export function errorPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  const errors = metric(endpoint, REQUESTS, 'Invocation5XXErrors', { ...options, statistic: 'Sum' });
  const requests = metric(endpoint, REQUESTS, 'Invocations', { ...options, statistic: 'Sum' });
  const share = 'IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)';
  return expression(share, { errors, requests }, 'Server errors (%)', options);
}

/** Requests in the period. */
export function requests(endpoint: EndpointReference, options: MetricOptions = {}): Metric {
  return metric(endpoint, REQUESTS, 'Invocations', { statistic: 'Sum', label: 'Requests', ...options });
}

/** Percent of all vCPUs. */
export function cpuPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'cpu', 'CPUUtilization', endpoint.machine.vcpus, 'CPU (%)', options);
}

/** Percent of main memory. */
export function memoryPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'memory', 'MemoryUtilization', 1, 'Memory (%)', options);
}

/** Percent of all GPUs. */
export function gpuPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(endpoint, 'gpu', 'GPUUtilization', endpoint.machine.accelerators, 'GPU (%)', options);
}

/** Percent of the memory of all GPUs. */
export function gpuMemoryPercent(endpoint: EndpointReference, options: MetricOptions = {}): IMetric {
  return utilization(
    endpoint,
    'gpuMemory',
    'GPUMemoryUtilization',
    endpoint.machine.accelerators,
    'GPU memory (%)',
    options,
  );
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
  endpoint: EndpointReference,
  namespace: string,
  metricName: string,
  options: MetricOptions,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap: { EndpointName: endpoint.endpointName, VariantName: VARIANT },
    period: MINUTE,
    ...options,
  });
}
