import { CloudRunEndpoint, type CloudRunEndpointProps } from '../../lib/google/cloud-run-endpoint';
import { ServingRuntime } from '../../lib/google/serving-runtime';
import {
  ARTIFACT,
  CHANGED,
  createStack,
  PERFORMANCE,
  PROJECT,
  resourceOf,
  resourcesOf,
  SERVER,
} from './endpoint-synth';

interface Template {
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly Readonly<Record<string, unknown>>[];
}

function make(props: Partial<CloudRunEndpointProps> = {}) {
  const { stack, store } = createStack();
  const endpoint = new CloudRunEndpoint(stack, 'Endpoint', {
    project: PROJECT,
    store,
    artifact: ARTIFACT,
    runtime: ServingRuntime.onnx(SERVER),
    performance: PERFORMANCE,
    ...props,
  });
  const service = resourceOf(stack, 'google_cloud_run_v2_service');
  return { endpoint, service, stack, store, template: service.template as Template };
}

describe('the service', () => {
  test('serves the files of the artifact, which the store holds and the container may only read', () => {
    const { service, stack, store, template } = make();
    const prefix = `served/${ARTIFACT.version}/`;
    expect(template.containers[0]).toMatchObject({
      image: 'europe-west4-docker.pkg.dev/my-project/images/serving:1.0.0',
      env: [
        { name: 'MODEL_PIPELINE_DIRECTORY', value: `/gcs/${store.bucketName}/${prefix}` },
        { name: 'MODEL_PIPELINE_NAME', value: 'spam-filter' },
        { name: 'MODEL_PIPELINE_EXPECT', value: ARTIFACT.version },
        { name: 'MODEL_PIPELINE_DIGEST', value: ARTIFACT.digest },
      ],
      ports: { container_port: 8080 },
      startup_probe: { http_get: { path: '/ping', port: 8080 } },
      volume_mounts: [{ name: 'store', mount_path: `/gcs/${store.bucketName}` }],
    });
    expect(service.template).toMatchObject({
      volumes: [{ name: 'store', gcs: { bucket: store.bucketName, read_only: true } }],
    });
    const names = resourcesOf(stack, 'google_storage_bucket_object').map(({ name }) => name);
    expect(names).toContain(`${prefix}model.onnx`);
    expect(names).toContain(`${prefix}manifest.json`);
    expect(names).toContain(`${prefix}golden/samples.json`);
  });

  test('keeps the files of earlier versions, whose revisions may still serve', () => {
    const { stack } = make();
    const policies = resourcesOf(stack, 'google_storage_bucket_object').map(
      ({ deletion_policy }) => deletion_policy,
    );
    expect(new Set(policies)).toEqual(new Set(['ABANDON']));
  });

  test('gets a new revision for another model, and for another setting, and the same for the same', () => {
    const { endpoint, template } = make();
    expect(endpoint.revision).toMatch(/^test-endpoint-[0-9a-f]{8}$/);
    expect(template.revision).toBe(endpoint.revision);
    expect(template.labels).toMatchObject({ 'model-version': ARTIFACT.version });
    expect(make().endpoint.revision).toBe(endpoint.revision);
    expect(make({ artifact: CHANGED }).endpoint.revision).not.toBe(endpoint.revision);
    expect(make({ machine: { memoryGiB: 16 } }).endpoint.revision).not.toBe(endpoint.revision);
  });

  test('names the revision that gets the traffic', () => {
    const { endpoint, service } = make();
    expect(service.traffic).toEqual([
      { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: endpoint.revision, percent: 100 },
    ]);
  });

  test('leaves an older revision a share of it', () => {
    const { endpoint, service } = make({ keep: { revision: 'test-endpoint-0123abcd', percent: 90 } });
    expect(service.traffic).toMatchObject([
      { revision: endpoint.revision, percent: 10 },
      { revision: 'test-endpoint-0123abcd', percent: 90 },
    ]);
  });

  test('is reached from within only, protected, encrypted, and scales to zero', () => {
    const { service } = make();
    expect(service).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      deletion_protection: true,
      template: {
        encryption_key: expect.stringContaining('cryptoKeys/key') as string,
        scaling: { min_instance_count: 0, max_instance_count: 3 },
        max_instance_request_concurrency: 8,
        timeout: '60s',
      },
    });
    expect(service.invoker_iam_disabled).toBeUndefined();
  });

  test('reaches a network of yours', () => {
    const network = {
      network: 'projects/123456789012/global/networks/net',
      subnetwork: 'projects/my-project/regions/europe-west4/subnetworks/sub',
    };
    const { service } = make({ network, ingress: 'internal-and-load-balancer', deletionProtection: false });
    expect(service).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
      deletion_protection: false,
      template: { vpc_access: { egress: 'ALL_TRAFFIC', network_interfaces: [network] } },
    });
  });
});

test('a GPU comes with its CPUs, memory and limits', () => {
  const { template } = make({
    machine: { accelerator: 'l4' },
    runtime: ServingRuntime.onnx(SERVER, { executionProvider: 'cuda' }),
    replicas: { min: 1, max: 2, concurrentRequests: 16 },
    resources: { gpuPercent: { warning: 90 } },
  });
  expect(template).toMatchObject({
    node_selector: { accelerator: 'nvidia-l4' },
    gpu_zonal_redundancy_disabled: true,
    scaling: { min_instance_count: 1, max_instance_count: 2 },
    max_instance_request_concurrency: 16,
    containers: [
      {
        resources: {
          limits: { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' },
          cpu_idle: false,
        },
      },
    ],
  });
});

test('an instance without a GPU gives its CPU back between requests', () => {
  const [container] = make().template.containers;
  expect(container).toMatchObject({ resources: { cpu_idle: true, limits: { cpu: '2', memory: '8Gi' } } });
});

test('only those that are granted it may send requests', () => {
  const { endpoint, stack } = make();
  expect(resourcesOf(stack, 'google_cloud_run_v2_service_iam_member')).toEqual([]);
  endpoint.grantInvoke('App', 'serviceAccount:app@my-project.iam.gserviceaccount.com');
  expect(resourceOf(stack, 'google_cloud_run_v2_service_iam_member')).toMatchObject({
    role: 'roles/run.invoker',
    member: 'serviceAccount:app@my-project.iam.gserviceaccount.com',
  });
});

describe('what is refused', () => {
  test.each<readonly [string, Partial<CloudRunEndpointProps>, string]>([
    [
      'a model that was not verified',
      { artifact: { directory: 'models/1' } as never },
      'artifact: is not a verified artifact [artifact-not-verified]',
    ],
    [
      'a GPU that Cloud Run does not have',
      { machine: { accelerator: 'a100' } },
      'machine: asks for 1 × a100 and 8 GiB; an instance of Cloud Run has at most 32 GiB and one l4 [machine-not-on-cloud-run]',
    ],
    ['more memory than there is', { machine: { memoryGiB: 64 } }, 'machine: asks for 64 GiB; an instance'],
    [
      'more GPUs than a project has',
      { machine: { accelerator: 'l4' }, replicas: { max: 4 } },
      'replicas.max: is 4; a project has 3 instances with a GPU [gpu-instances]',
    ],
    ['no instance ever', { replicas: { max: 0 } }, 'replicas: has max 0, min 0'],
    [
      'a target that Cloud Run does not have',
      { replicas: { max: 2, requestsPerMinute: 60 } },
      'replicas.requestsPerMinute: is not a target of Cloud Run',
    ],
    ['a share that is none', { keep: { revision: 'r', percent: 100 } }, 'keep.percent: is 100'],
    ['a name with capitals', { serviceName: 'Spam' }, 'serviceName: is "Spam"'],
    [
      'alarms on what Cloud Run does not measure',
      { performance: { ...PERFORMANCE, overheadP99Ms: { warning: 5 } } },
      'performance.overheadP99Ms: watches what Cloud Run does not measure [alarm-not-measured]',
    ],
    [
      'a network by its short name',
      { network: { network: 'net', subnetwork: 'sub' } },
      'network.network: is "net"',
    ],
  ])('%s', (_, props, message) => {
    expect(() => make(props)).toThrow(message);
  });
});
