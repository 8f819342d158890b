import { ContainerImage } from '../../lib/google/container-image';
import { ModelEndpoint, type ModelEndpointProps } from '../../lib/google/model-endpoint';
import { RequestTypes } from '../../lib/google/rehearsal/request-check';
import { ServingRuntime } from '../../lib/google/serving-runtime';
import { createStack, PERFORMANCE, PROJECT, resourceOf, resourcesOf, SERVER } from './endpoint-synth';

const types = RequestTypes.of('@google-cloud/aiplatform');
const V1 = 'google.cloud.aiplatform.v1';

function make(props: Partial<ModelEndpointProps> = {}) {
  const { stack, store } = createStack();
  const endpoint = new ModelEndpoint(stack, 'Endpoint', {
    project: PROJECT,
    store,
    runtime: ServingRuntime.onnx(SERVER),
    performance: PERFORMANCE,
    ...props,
  });
  return { endpoint, stack };
}

const refusal = (props: Partial<ModelEndpointProps>) => () => make(props);

describe('the endpoint', () => {
  test('has a number for a name, the same at every synth, and known before the deployment', () => {
    const { endpoint, stack } = make();
    expect(endpoint.endpointId).toMatch(/^[1-9]\d{9}$/);
    expect(endpoint.endpointId).toBe(make().endpoint.endpointId);
    expect(endpoint.endpointName).toBe(
      `projects/my-project/locations/europe-west4/endpoints/${endpoint.endpointId}`,
    );
    expect(resourceOf(stack, 'google_vertex_ai_endpoint')).toMatchObject({
      name: endpoint.endpointId,
      location: 'europe-west4',
      dedicated_endpoint_enabled: true,
      lifecycle: { ignore_changes: ['traffic_split'] },
    });
  });

  test('is encrypted with the key of the store', () => {
    const { stack } = make();
    expect(resourceOf(stack, 'google_vertex_ai_endpoint').encryption_spec).toEqual({
      kms_key_name: expect.stringMatching(
        /^projects\/my-project\/locations\/europe-west4\/keyRings\//,
      ) as string,
    });
  });

  test.each([
    [{ kind: 'shared' }, { dedicated_endpoint_enabled: false }],
    [
      { kind: 'private-service-connect', projects: ['consumer'] },
      {
        private_service_connect_config: {
          enable_private_service_connect: true,
          project_allowlist: ['consumer'],
        },
      },
    ],
    [
      { kind: 'peering', network: 'projects/123456789012/global/networks/net' },
      { network: 'projects/123456789012/global/networks/net' },
    ],
  ] as const)('is reached by %j', (access, expected) => {
    const { stack } = make({ access });
    const endpoint = resourceOf(stack, 'google_vertex_ai_endpoint');
    expect(endpoint).toMatchObject(expected);
    expect('dedicated_endpoint_enabled' in endpoint).toBe('dedicated_endpoint_enabled' in expected);
  });

  test('records a share of its requests in an encrypted table', () => {
    const { endpoint, stack } = make({ capture: { samplePercent: 20 } });
    expect(resourceOf(stack, 'google_vertex_ai_endpoint').predict_request_response_logging_config).toEqual({
      enabled: true,
      sampling_rate: 0.2,
      bigquery_destination: { output_uri: 'bq://my-project.test_endpoint_requests.requests' },
    });
    expect(resourceOf(stack, 'google_bigquery_dataset')).toMatchObject({
      location: 'europe-west4',
      delete_contents_on_destroy: false,
      default_encryption_configuration: {
        kms_key_name: expect.stringContaining('google_kms_crypto_key') as string,
      },
    });
    expect(resourcesOf(stack, 'google_kms_crypto_key_iam_member').map(({ member }) => member)).toContain(
      'serviceAccount:bq-123456789012@bigquery-encryption.iam.gserviceaccount.com',
    );
    endpoint.requestLog?.grantRead('Drift', 'serviceAccount:drift@my-project.iam.gserviceaccount.com');
    expect(resourcesOf(stack, 'google_bigquery_dataset_iam_member')).toContainEqual(
      expect.objectContaining({
        role: 'roles/bigquery.dataViewer',
        member: 'serviceAccount:drift@my-project.iam.gserviceaccount.com',
      }),
    );
  });

  test('has alarms, one of them on fewer replicas than asked for', () => {
    const { stack } = make({ replicas: { min: 2 } });
    const replicas = resourcesOf(stack, 'google_monitoring_alert_policy').find(({ display_name }) =>
      String(display_name).endsWith('Replicas'),
    );
    expect(replicas).toMatchObject({
      severity: 'CRITICAL',
      conditions: [{ condition_threshold: { comparison: 'COMPARISON_LT', threshold_value: 2 } }],
    });
  });
});

describe('permissions', () => {
  test('to send requests are those and no others', () => {
    const { endpoint, stack } = make();
    endpoint.grantInvoke('App', 'serviceAccount:app@my-project.iam.gserviceaccount.com');
    expect(resourceOf(stack, 'google_project_iam_custom_role')).toMatchObject({
      role_id: 'test_endpoint_app',
      permissions: ['aiplatform.endpoints.predict'],
    });
    expect(resourceOf(stack, 'google_project_iam_member')).toMatchObject({
      member: 'serviceAccount:app@my-project.iam.gserviceaccount.com',
    });
  });

  test('to release come with acting as the containers', () => {
    const { endpoint, stack } = make();
    endpoint.grantRelease('Runner', 'serviceAccount:runner@my-project.iam.gserviceaccount.com');
    expect(resourceOf(stack, 'google_project_iam_member').role).toBe('roles/aiplatform.user');
    expect(resourceOf(stack, 'google_service_account_iam_member').role).toBe('roles/iam.serviceAccountUser');
  });

  test('of the containers end at the versions of the store', () => {
    const { endpoint, stack } = make();
    const reads = resourcesOf(stack, 'google_storage_bucket_iam_member').filter(
      ({ member }) => member === endpoint.account.member,
    );
    expect(reads).toHaveLength(1);
    expect(reads[0]).toMatchObject({ role: 'roles/storage.objectViewer' });
    expect(JSON.stringify(reads[0]?.condition)).toContain('/objects/models/');
  });
});

describe('what the release workflow sends', () => {
  const { endpoint } = make({
    machine: { accelerator: 'l4' },
    replicas: { min: 1, max: 4, gpuPercent: 70 },
  });
  const model = endpoint.renderModel({
    displayName: 'spam-filter',
    artifactUri: '${"gs://store/" + version.path}',
    served: { pipeline: 'spam-filter', version: '3f2a90b1c4de', digest: 'ab12' },
    versionAliases: ['v-3f2a90b1c4de'],
    versionDescription: 'sha256:ab12',
    labels: { run: '${run}' },
  });
  const deployed = endpoint.renderDeployedModel('${model.name}', 'spam-filter');

  test('fits the messages of Vertex AI', () => {
    expect(types.check(`${V1}.Model`, model)).toEqual([]);
    expect(types.check(`${V1}.DeployedModel`, deployed)).toEqual([]);
    expect(types.check(`${V1}.Model`, { ...model, colour: 'red' })).toEqual([
      'colour: Model has no such field',
    ]);
  });

  test('is the container, its routes and its port', () => {
    expect(model.containerSpec).toMatchObject({
      imageUri: 'europe-west4-docker.pkg.dev/my-project/images/serving:1.0.0',
      env: [
        { name: 'MODEL_PIPELINE_NAME', value: 'spam-filter' },
        { name: 'MODEL_PIPELINE_EXPECT', value: '3f2a90b1c4de' },
        { name: 'MODEL_PIPELINE_DIGEST', value: 'ab12' },
      ],
      ports: [{ containerPort: 8080 }],
      healthRoute: '/ping',
      predictRoute: '/invocations',
    });
  });

  test('is the machine, with the replicas and what they scale on', () => {
    expect(deployed.dedicatedResources).toEqual({
      machineSpec: { machineType: 'g2-standard-4', acceleratorType: 'NVIDIA_L4', acceleratorCount: 1 },
      minReplicaCount: 1,
      maxReplicaCount: 4,
      autoscalingMetricSpecs: [
        { metricName: 'aiplatform.googleapis.com/prediction/online/accelerator/duty_cycle', target: 70 },
      ],
    });
    expect(deployed.serviceAccount).toBe(endpoint.account.email);
  });

  test('does not scale where min is max', () => {
    const { dedicatedResources } = make().endpoint.renderDeployedModel('${model.name}', 'spam-filter');
    expect(dedicatedResources).toEqual({
      machineSpec: { machineType: expect.any(String) as string },
      minReplicaCount: 1,
      maxReplicaCount: 1,
    });
  });
});

describe('runtimes', () => {
  const specOf = (runtime: ServingRuntime, accelerator: 'cpu' | 'l4' = 'l4') =>
    make({ runtime, machine: { accelerator } }).endpoint.renderModel({
      displayName: 'm',
      artifactUri: 'gs://bucket/models/1/',
    }).containerSpec;

  test('Triton reads a model repository', () => {
    expect(specOf(ServingRuntime.triton(SERVER))).toMatchObject({
      args: ['tritonserver', '--model-repository=$(AIP_STORAGE_URI)', '--exit-on-error=true'],
      ports: [{ containerPort: 8000 }],
      healthRoute: '/v2/health/ready',
      predictRoute: '/v2/models/model/infer',
    });
  });

  test('vLLM gets shared memory and the model', () => {
    const spec = specOf(ServingRuntime.vllm(SERVER, { maxModelLength: 4096, sequences: 4 }));
    expect(spec).toMatchObject({
      command: ['python3', '-m', 'vllm.entrypoints.openai.api_server'],
      sharedMemorySizeMb: '16384',
      predictRoute: '/v1/completions',
    });
    expect(spec.env).toEqual([{ name: 'HF_HUB_OFFLINE', value: '1' }]);
    expect(spec.args).toEqual([
      '--host=0.0.0.0',
      '--port=8080',
      '--model=$(AIP_STORAGE_URI)',
      '--load-format=runai_streamer',
      '--served-model-name=model',
      '--tensor-parallel-size=1',
      '--gpu-memory-utilization=0.9',
      '--max-model-len=4096',
      '--max-num-seqs=4',
    ]);
    expect(types.check(`${V1}.ModelContainerSpec`, spec)).toEqual([]);
  });

  test("vLLM takes the messages of a chat where asked to, and is Google's own image where none is named", () => {
    expect(specOf(ServingRuntime.vllm(undefined, { protocol: 'chat' }))).toMatchObject({
      imageUri:
        'us-docker.pkg.dev/vertex-ai/vertex-vision-model-garden-dockers/pytorch-vllm-serve:20260320_0916_RC01',
      predictRoute: '/v1/chat/completions',
    });
  });

  test('vLLM reads a directory that is mounted as any other', () => {
    expect(ServingRuntime.vllm(SERVER).render('/gcs/models/1').args).not.toContain(
      '--load-format=runai_streamer',
    );
  });

  test('an own image says its routes', () => {
    const runtime = ServingRuntime.container(SERVER, {
      healthRoute: '/healthz',
      predictRoute: '/predict',
      environment: { MODE: 'fast' },
    });
    expect(specOf(runtime, 'cpu')).toMatchObject({
      env: [{ name: 'MODE', value: 'fast' }],
      ports: [{ containerPort: 8080 }],
      healthRoute: '/healthz',
    });
  });

  test('this server runs on the GPU where it is told to', () => {
    expect(specOf(ServingRuntime.onnx(SERVER, { executionProvider: 'cuda' })).env).toEqual([
      { name: 'MODEL_PIPELINE_EXECUTION_PROVIDER', value: 'cuda' },
    ]);
  });
});

describe('what is refused', () => {
  test.each<readonly [string, Partial<ModelEndpointProps>, string]>([
    [
      'an image that Vertex AI cannot serve',
      { runtime: ServingRuntime.triton(ContainerImage.fromPublic('nvcr.io/nvidia/tritonserver:25.10-py3')) },
      'runtime: is "nvcr.io/nvidia/tritonserver:25.10-py3"; Vertex AI serves images of Artifact Registry only [image-not-in-artifact-registry]',
    ],
    [
      'no replica at all',
      { replicas: { min: 0, max: 2, requestsPerMinute: 60 } },
      'replicas.min: is 0; an endpoint of Vertex AI keeps at least one replica [replicas-zero]',
    ],
    ['replicas upside down', { replicas: { min: 3, max: 1 } }, 'replicas: has max 1 below min 3'],
    ['scaling on nothing', { replicas: { max: 3 } }, 'has no target: nothing tells when to scale'],
    [
      'scaling on two things',
      { replicas: { max: 3, requestsPerMinute: 60, gpuPercent: 50 }, machine: { accelerator: 'l4' } },
      'replicas: has requestsPerMinute and gpuPercent',
    ],
    [
      'scaling on what Vertex AI does not watch',
      { replicas: { max: 3, concurrentRequests: 4 } },
      'replicas.concurrentRequests: is not a target of an endpoint of Vertex AI',
    ],
    [
      'scaling on a GPU that is not there',
      { replicas: { max: 3, gpuPercent: 50 } },
      'replicas.gpuPercent: watches a GPU; e2-standard-2 has none',
    ],
    ['nobody who could connect', { access: { kind: 'private-service-connect', projects: [] } }, 'is empty'],
    ['a short network', { access: { kind: 'peering', network: 'net' } }, 'access.network: is "net"'],
    [
      'a model that does not fit',
      { modelBytes: 2 ** 36, machine: { accelerator: 'l4' } },
      'model-does-not-fit',
    ],
    [
      'CUDA without a GPU',
      { runtime: ServingRuntime.onnx(SERVER, { executionProvider: 'cuda' }) },
      'runtime: is the execution provider "cuda"; the machine has no GPU',
    ],
    [
      'more GPUs than there are',
      { runtime: ServingRuntime.vllm(SERVER, { tensorParallel: 2 }), machine: { accelerator: 'l4' } },
      'runtime: spreads the model over 2 GPUs; the machine has 1',
    ],
    [
      'a share of memory that is none',
      { runtime: ServingRuntime.vllm(SERVER, { gpuMemoryShare: 90 }), machine: { accelerator: 'l4' } },
      'has gpuMemoryShare 90',
    ],
    [
      'a route that is no path',
      { runtime: ServingRuntime.container(SERVER, { healthRoute: 'health', predictRoute: '/p' }) },
      'runtime.healthRoute: is "health"',
    ],
    ['a project without a number', { project: { ...PROJECT, number: 'x' } }, 'project.number: is "x"'],
  ])('%s', (_, props, message) => {
    expect(refusal(props)).toThrow(message);
  });
});
