import type { GoogleMachine } from '../hardware';

/**
 * One value of Cloud Monitoring, as alerts and dashboards ask for it. Names, units and labels:
 * https://docs.cloud.google.com/monitoring/api/metrics_gcp_a_b#gcp-aiplatform and
 * https://docs.cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
 */
export interface MetricQuery {
  readonly title: string;
  readonly filter: string;
  readonly aligner: string;
  readonly reducer: string;
  /** Of a share: what `filter` is divided by, aligned and reduced alike. @default - not divided */
  readonly denominatorFilter?: string;
  /** What the metric counts when a level says 1: a level of 90 % of four vCPUs is 3.6. @default 1 */
  readonly scale?: number;
}

/** An endpoint as Cloud Monitoring knows it. */
export type EndpointReference = VertexEndpointReference | CloudRunReference;

export interface VertexEndpointReference {
  readonly kind: 'vertex';
  readonly projectId: string;
  readonly region: string;
  /** Numeric. */
  readonly endpointId: string;
  /** Percentages need its size. @default - nothing is known of its resources */
  readonly machine?: GoogleMachine;
  /** Whether it is reached by VPC peering, where Vertex AI has metrics of their own. @default false */
  readonly peered?: boolean;
}

export interface CloudRunReference {
  readonly kind: 'cloud-run';
  readonly projectId: string;
  readonly region: string;
  readonly serviceName: string;
  /** Whether its instances have a GPU. @default false */
  readonly gpu?: boolean;
}

type ClassOfResponses = '4xx' | '5xx';

const VERTEX = 'aiplatform.googleapis.com/prediction/online';
const RUN = 'run.googleapis.com';
const GIB = 2 ** 30;

/** Latency in milliseconds: of the model alone on Vertex AI, of the whole request on Cloud Run. */
export function latencyMs(endpoint: EndpointReference, percentile: 50 | 95 | 99): MetricQuery {
  const at = { aligner: 'ALIGN_DELTA', reducer: `REDUCE_PERCENTILE_${percentile}` };
  const title = `Latency p${percentile} (ms)`;
  if (endpoint.kind === 'cloud-run')
    return { title, ...at, filter: runFilter(endpoint, 'request_latencies') };
  return endpoint.peered
    ? { title, ...at, filter: vertexFilter(endpoint, 'private/prediction_latencies') }
    : { title, ...at, filter: vertexFilter(endpoint, 'prediction_latencies', 'latency_type', 'model') };
}

/** What Vertex AI adds to the model's latency, at the 99th percentile. */
export function overheadMs(endpoint: VertexEndpointReference): MetricQuery {
  return {
    title: 'Overhead p99 (ms)',
    filter: vertexFilter(endpoint, 'prediction_latencies', 'latency_type', 'overhead'),
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_PERCENTILE_99',
  };
}

/** Share of the requests with such an answer; a level in percent. */
export function errorShare(endpoint: EndpointReference, responses: ClassOfResponses): MetricQuery {
  return {
    title: `Answers ${responses} of all`,
    filter: responsesFilter(endpoint, responses),
    denominatorFilter: responsesFilter(endpoint),
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
    scale: 1 / 100,
  };
}

export function requests(endpoint: EndpointReference): MetricQuery {
  return {
    title: 'Requests a minute',
    filter: responsesFilter(endpoint),
    aligner: 'ALIGN_DELTA',
    reducer: 'REDUCE_SUM',
  };
}

/** Replicas of Vertex AI, or instances of Cloud Run. */
export function replicas(endpoint: EndpointReference): MetricQuery {
  return {
    title: 'Replicas',
    filter:
      endpoint.kind === 'vertex'
        ? vertexFilter(endpoint, 'replicas')
        : runFilter(endpoint, 'container/instance_count'),
    aligner: 'ALIGN_MEAN',
    reducer: 'REDUCE_SUM',
  };
}

/** Vertex AI counts each vCPU in use as 100 %. */
export function cpuPercent(endpoint: EndpointReference): MetricQuery {
  const title = 'CPU';
  if (endpoint.kind === 'cloud-run') return utilization(title, endpoint, 'container/cpu/utilizations');
  return {
    title,
    ...gauge(vertexFilter(endpoint, 'cpu/utilization')),
    scale: (endpoint.machine?.vcpus ?? 1) / 100,
  };
}

export function memoryPercent(endpoint: EndpointReference): MetricQuery {
  const title = 'Memory';
  if (endpoint.kind === 'cloud-run') return utilization(title, endpoint, 'container/memory/utilizations');
  return {
    title,
    ...gauge(vertexFilter(endpoint, 'memory/bytes_used')),
    scale: ((endpoint.machine?.memoryGiB ?? 0) * GIB) / 100,
  };
}

export function gpuPercent(endpoint: EndpointReference): MetricQuery {
  const title = 'GPU';
  if (endpoint.kind === 'cloud-run') return utilization(title, endpoint, 'container/gpu/utilizations');
  return { title, ...gauge(vertexFilter(endpoint, 'accelerator/duty_cycle')), scale: 1 / 100 };
}

/** @param gpuMemoryBytes of all GPUs of a replica */
export function gpuMemoryPercent(endpoint: EndpointReference, gpuMemoryBytes: number): MetricQuery {
  const title = 'GPU memory';
  if (endpoint.kind === 'cloud-run') return utilization(title, endpoint, 'container/gpu/memory_utilizations');
  return {
    title,
    ...gauge(vertexFilter(endpoint, 'accelerator/memory/bytes_used')),
    scale: gpuMemoryBytes / 100,
  };
}

function gauge(filter: string): Pick<MetricQuery, 'filter' | 'aligner' | 'reducer'> {
  return { filter, aligner: 'ALIGN_MEAN', reducer: 'REDUCE_MEAN' };
}

/** A distribution over the instances, of shares from 0 to 1. */
function utilization(title: string, endpoint: CloudRunReference, metric: string): MetricQuery {
  return {
    title,
    filter: runFilter(endpoint, metric),
    aligner: 'ALIGN_PERCENTILE_50',
    reducer: 'REDUCE_MEAN',
    scale: 1 / 100,
  };
}

function responsesFilter(endpoint: EndpointReference, responses?: ClassOfResponses): string {
  if (endpoint.kind === 'cloud-run') {
    return responses === undefined
      ? runFilter(endpoint, 'request_count')
      : runFilter(endpoint, 'request_count', 'response_code_class', responses);
  }
  if (!endpoint.peered) {
    return responses === undefined
      ? vertexFilter(endpoint, 'response_count')
      : vertexFilter(endpoint, 'response_count', 'response_code', responses);
  }
  const all = vertexFilter(endpoint, 'private/response_count');
  if (responses === undefined) return all;
  // There the label is a number.
  const first = Number(responses[0]) * 100;
  return `${all} AND metric.labels.response_code >= ${first} AND metric.labels.response_code < ${first + 100}`;
}

function vertexFilter(
  { endpointId, region }: VertexEndpointReference,
  metric: string,
  label?: string,
  value?: string,
): string {
  return [
    'resource.type = "aiplatform.googleapis.com/Endpoint"',
    `resource.labels.location = "${region}"`,
    `resource.labels.endpoint_id = "${endpointId}"`,
    `metric.type = "${VERTEX}/${metric}"`,
    ...(label === undefined ? [] : [`metric.labels.${label} = "${value ?? ''}"`]),
  ].join(' AND ');
}

function runFilter(
  { region, serviceName }: CloudRunReference,
  metric: string,
  label?: string,
  value?: string,
): string {
  return [
    'resource.type = "cloud_run_revision"',
    `resource.labels.location = "${region}"`,
    `resource.labels.service_name = "${serviceName}"`,
    `metric.type = "${RUN}/${metric}"`,
    ...(label === undefined ? [] : [`metric.labels.${label} = "${value ?? ''}"`]),
  ].join(' AND ');
}
