import { readFileSync } from 'node:fs';
import type { Properties } from '../../../lib/google/rules/properties';
import { RULES } from '../../../lib/google/rules/rules';
import type { Subjects } from '../../../lib/google/rules/subject';
import { awsConstruct, data, request, resource, subjects } from './subjects';

interface Cases {
  readonly compliant: readonly Subjects[];
  /** Each with the message it is found by. */
  readonly nonCompliant: readonly (readonly [message: string, subjects: Subjects])[];
  readonly notApplicable: readonly Subjects[];
}

const OTHER = subjects(resource('google_compute_network', { name: 'net' }));

const bucket = (properties: Properties) => subjects(resource('google_storage_bucket', properties));
const member = (properties: Properties) =>
  subjects(resource('google_project_iam_member', { role: 'roles/run.invoker', ...properties }));
const workflow = (properties: Properties) =>
  subjects(resource('google_workflows_workflow', { deletion_protection: false, ...properties }));
const endpoint = (properties: Properties) => subjects(resource('google_vertex_ai_endpoint', properties));
const service = (properties: Properties) => resource('google_cloud_run_v2_service', properties);

interface Gpu {
  readonly cpu?: string;
  readonly memory?: string;
  readonly count?: string;
  readonly cpuIdle?: boolean;
  readonly redundancyDisabled?: boolean;
  readonly max?: number;
  readonly accelerator?: string;
  readonly location?: string;
}

function gpuTemplate(gpu: Gpu): Properties {
  const { accelerator = 'nvidia-l4', count = '1', cpu = '4', cpuIdle = false, memory = '16Gi' } = gpu;
  const limits = { cpu, memory, 'nvidia.com/gpu': count };
  return {
    node_selector: { accelerator },
    gpu_zonal_redundancy_disabled: gpu.redundancyDisabled ?? true,
    ...('max' in gpu ? { scaling: { max_instance_count: gpu.max } } : { scaling: { max_instance_count: 3 } }),
    containers: [{ resources: { limits, cpu_idle: cpuIdle } }],
  };
}

const gpuService = (gpu: Gpu = {}) =>
  subjects(service({ location: gpu.location ?? 'europe-west4', template: gpuTemplate(gpu) }));
const gpuJob = (gpu: Gpu = {}) =>
  subjects(
    resource('google_cloud_run_v2_job', {
      location: 'europe-west4',
      template: { template: gpuTemplate(gpu) },
    }),
  );
const cpuService = subjects(service({ location: 'europe-west4', template: { containers: [{}] } }));

const pools = (machineSpec: Properties, args: readonly string[] = []) => ({
  workerPoolSpecs: [{ machineSpec, containerSpec: { args } }],
});
const job = (jobSpec: Properties, rest: Properties = {}) => subjects(request({ jobSpec, ...rest }));
const deployed = (dedicatedResources: Properties) =>
  subjects(request({ deployedModel: { model: 'm', dedicatedResources } }));
const on = (machineType: string, acceleratorType?: string, acceleratorCount?: number) => ({
  machineSpec: { machineType, acceleratorType, acceleratorCount },
});
const tuning = (parallelTrialCount: unknown, maxTrialCount: unknown) =>
  subjects(request({ parallelTrialCount, maxTrialCount, trialJobSpec: {} }));
const watched = (filter: string) =>
  subjects(
    resource('google_vertex_ai_endpoint', { name: '1234567890' }),
    resource('google_monitoring_alert_policy', { conditions: [{ condition_threshold: { filter } }] }),
  );
const VERTEX_ERRORS = 'metric.type = "aiplatform.googleapis.com/prediction/online/response_count"';
const cloudRunJob = (service_account?: string) =>
  resource('google_cloud_run_v2_job', { template: { template: { service_account } } });
const custom = (serviceAccount: string, step: string) =>
  request({ labels: { step }, jobSpec: { serviceAccount } }, `${step}_create`);

const CASES: Readonly<Record<string, Cases>> = {
  'account-default': {
    compliant: [
      subjects(cloudRunJob('a@p')),
      subjects(service({ template: { service_account: 'a@p' } })),
      job({ serviceAccount: 'a@p' }),
      subjects(request({ trialJobSpec: { serviceAccount: 'a@p' } })),
      subjects(request({ deployedModel: { serviceAccount: 'a@p' } })),
      workflow({ service_account: 'a@p' }),
    ],
    nonCompliant: [
      ['names no service account', subjects(cloudRunJob())],
      ['names no service account', job({ workerPoolSpecs: [] })],
      ['names no service account', workflow({})],
    ],
    notApplicable: [OTHER],
  },
  'account-shared': {
    compliant: [
      subjects(cloudRunJob('a@p'), cloudRunJob('b@p')),
      // The same step, tried again.
      subjects(custom('a@p', 'train'), custom('a@p', 'train')),
    ],
    nonCompliant: [
      [
        'shares its service account with evaluate',
        subjects(custom('a@p', 'train'), custom('a@p', 'evaluate')),
      ],
    ],
    notApplicable: [OTHER, subjects(cloudRunJob()), deployed({})],
  },
  'aws-construct': {
    compliant: [],
    nonCompliant: [['Bucket is a construct of CloudFormation', subjects(awsConstruct('Bucket'))]],
    notApplicable: [OTHER],
  },
  'basic-role': {
    compliant: [member({ role: 'roles/aiplatform.user' })],
    nonCompliant: [
      ['the role is roles/editor', member({ role: 'roles/editor' })],
      ['the role is roles/owner', member({ role: 'roles/owner' })],
    ],
    notApplicable: [OTHER, member({ role: '${google_project_iam_custom_role.r.name}' })],
  },
  'cloud-run-gpu-count': {
    compliant: [gpuService(), gpuJob()],
    nonCompliant: [['the limit nvidia.com/gpu is 2', gpuService({ count: '2' })]],
    notApplicable: [OTHER, cpuService],
  },
  'cloud-run-gpu-limits': {
    compliant: [gpuService(), gpuService({ cpu: '8000m', memory: '32768Mi' }), gpuJob({ cpuIdle: true })],
    nonCompliant: [
      ['has 2 CPUs beside the GPU, not 4', gpuService({ cpu: '2' })],
      ['has 8Gi of memory beside the GPU, not 16Gi', gpuService({ memory: '8Gi' })],
      ['its CPUs idle between requests', gpuService({ cpuIdle: true })],
    ],
    notApplicable: [OTHER, cpuService, gpuService({ accelerator: 'nvidia-next' })],
  },
  'cloud-run-gpu-quota': {
    compliant: [gpuService(), gpuJob({ max: undefined })],
    nonCompliant: [
      ['may have 4 instances with a GPU', gpuService({ max: 4 })],
      ['does not say how many instances there may be', gpuService({ max: undefined })],
      ['asks for zonal redundancy', gpuService({ redundancyDisabled: false })],
    ],
    notApplicable: [OTHER, cpuService],
  },
  'cloud-run-gpu-region': {
    compliant: [gpuService()],
    nonCompliant: [['europe-north1 is none of', gpuService({ location: 'europe-north1' })]],
    notApplicable: [OTHER, cpuService, gpuService({ location: '${var.region}' })],
  },
  'data-source': {
    compliant: [subjects(data('google_iam_policy'))],
    nonCompliant: [['google_project calls out when it is planned', subjects(data('google_project'))]],
    notApplicable: [OTHER],
  },
  'deletion-protection': {
    compliant: [workflow({}), subjects(service({ deletion_protection: true }))],
    nonCompliant: [
      ['does not say whether it is protected from deletion', subjects(service({}))],
      ['does not say whether it is protected', workflow({ deletion_protection: undefined })],
    ],
    notApplicable: [OTHER],
  },
  encryption: {
    compliant: [
      bucket({ encryption: { default_kms_key_name: 'key' } }),
      bucket({ encryption: [{ default_kms_key_name: 'key' }] }),
      subjects(resource('google_artifact_registry_repository', { kms_key_name: 'key' })),
      subjects(
        resource('google_bigquery_dataset', { default_encryption_configuration: { kms_key_name: 'key' } }),
      ),
      subjects(resource('google_pubsub_topic', { kms_key_name: 'key' })),
      subjects(resource('google_cloud_run_v2_job', { template: { template: { encryption_key: 'key' } } })),
      subjects(service({ template: { encryption_key: 'key' } })),
      endpoint({ encryption_spec: { kms_key_name: 'key' } }),
      workflow({ crypto_key_name: 'key' }),
      job({}, { encryptionSpec: { kmsKeyName: 'key' } }),
      subjects(request({ trialJobSpec: {}, encryptionSpec: { kmsKeyName: 'key' } })),
      subjects(request({ model: { displayName: 'm', encryptionSpec: { kmsKeyName: 'key' } } })),
    ],
    nonCompliant: [
      ['no key of yours encrypts the objects of the bucket', bucket({})],
      ['no key of yours encrypts the runs of the workflow', workflow({})],
      ['no key of yours encrypts the disks of the job', job({})],
      ['no key of yours encrypts the files of the model', subjects(request({ model: { displayName: 'm' } }))],
    ],
    notApplicable: [OTHER],
  },
  'endpoint-capture': {
    compliant: [endpoint({ predict_request_response_logging_config: { enabled: true } })],
    nonCompliant: [
      ['records no requests', endpoint({})],
      ['records no requests', endpoint({ predict_request_response_logging_config: { enabled: false } })],
    ],
    notApplicable: [OTHER],
  },
  'endpoint-error-alarm': {
    compliant: [
      watched(`${VERTEX_ERRORS} AND resource.labels.endpoint_id = "1234567890"`),
      subjects(
        service({ name: 'spam' }),
        resource('google_monitoring_alert_policy', {
          conditions: {
            condition_threshold: {
              filter:
                'metric.type = "run.googleapis.com/request_count" AND resource.labels.service_name = "spam"',
            },
          },
        }),
      ),
    ],
    nonCompliant: [
      ['no alert watches its errors', endpoint({ name: '1234567890' })],
      ['no alert watches', watched(`${VERTEX_ERRORS} AND resource.labels.endpoint_id = "2"`)],
      ['no alert watches', watched('metric.type = "x/prediction_latencies" AND "1234567890"')],
    ],
    notApplicable: [OTHER, endpoint({ name: '${random_integer.i.result}' })],
  },
  'endpoint-name': {
    compliant: [endpoint({ name: '1234567890' })],
    nonCompliant: [
      ['the name is "spam"', endpoint({ name: 'spam' })],
      ['the name is "0123"', endpoint({ name: '0123' })],
      ['the name is "12345678901"', endpoint({ name: '12345678901' })],
    ],
    notApplicable: [OTHER, endpoint({ name: '${random_integer.i.result}' })],
  },
  'exclusive-policy': {
    compliant: [member({})],
    nonCompliant: [
      [
        'google_project_iam_binding owns all members of it',
        subjects(resource('google_project_iam_binding', { role: 'roles/run.invoker' })),
      ],
      ['google_storage_bucket_iam_policy owns', subjects(resource('google_storage_bucket_iam_policy', {}))],
    ],
    notApplicable: [OTHER, subjects(data('google_iam_policy'))],
  },
  'machine-accelerator': {
    compliant: [deployed(on('g2-standard-4', 'NVIDIA_L4', 1)), deployed(on('e2-standard-4'))],
    nonCompliant: [
      ['there is no g2-standard-4 with 2 × NVIDIA_L4', deployed(on('g2-standard-4', 'NVIDIA_L4', 2))],
      ['there is no g2-standard-4', deployed(on('g2-standard-4'))],
      [
        'there is no n1-standard-4 with 1 × NVIDIA_L4',
        job(pools({ machineType: 'n1-standard-4', acceleratorType: 'NVIDIA_L4', acceleratorCount: 1 })),
      ],
    ],
    notApplicable: [OTHER, deployed(on('z9-huge')), deployed(on('${machine}'))],
  },
  'machine-known': {
    compliant: [deployed(on('e2-standard-4'))],
    nonCompliant: [['z9-huge is not in the catalogue', deployed(on('z9-huge'))]],
    notApplicable: [OTHER, job({})],
  },
  'machine-use': {
    compliant: [deployed(on('e2-standard-2')), job(pools({ machineType: 'n2-standard-4' }))],
    nonCompliant: [
      ['n2-standard-4 is not offered for endpoints', deployed(on('n2-standard-4'))],
      ['e2-standard-2 is not offered for training', job(pools({ machineType: 'e2-standard-2' }))],
      [
        'e2-standard-2 is not offered for training',
        subjects(request({ trialJobSpec: pools({ machineType: 'e2-standard-2' }) })),
      ],
    ],
    notApplicable: [OTHER, deployed(on('z9-huge'))],
  },
  'public-access': {
    compliant: [
      bucket({ public_access_prevention: 'enforced', uniform_bucket_level_access: true }),
      member({ member: 'serviceAccount:a@p' }),
      subjects(service({})),
    ],
    nonCompliant: [
      ['the bucket does not prevent public access', bucket({ uniform_bucket_level_access: true })],
      [
        'objects of the bucket may have access lists of their own',
        bucket({ public_access_prevention: 'enforced' }),
      ],
      ['allUsers may use it', member({ member: 'allUsers' })],
      [
        'allAuthenticatedUsers may use it',
        subjects(resource('google_storage_bucket_iam_binding', { members: ['allAuthenticatedUsers'] })),
      ],
      ['the service asks for no permission', subjects(service({ invoker_iam_disabled: true }))],
    ],
    notApplicable: [OTHER],
  },
  'public-ingress': {
    compliant: [subjects(service({ ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY' }))],
    nonCompliant: [
      ['the service is reached from the internet', subjects(service({}))],
      ['the service is reached from the internet', subjects(service({ ingress: 'INGRESS_TRAFFIC_ALL' }))],
    ],
    notApplicable: [OTHER],
  },
  'scaling-to-zero': {
    compliant: [deployed({ minReplicaCount: 1, maxReplicaCount: 2 }), deployed({ minReplicaCount: 1 })],
    nonCompliant: [
      ['minReplicaCount is 0', deployed({ minReplicaCount: 0 })],
      ['maxReplicaCount 1 is below minReplicaCount 2', deployed({ minReplicaCount: 2, maxReplicaCount: 1 })],
    ],
    notApplicable: [OTHER, deployed({})],
  },
  'spot-checkpoints': {
    compliant: [job({ scheduling: { strategy: 'SPOT' }, ...pools({}, ['--checkpoints', '/gcs/b/c']) })],
    nonCompliant: [
      [
        'runs on Spot machines and keeps no checkpoints',
        job({ scheduling: { strategy: 'SPOT' }, ...pools({}) }),
      ],
    ],
    notApplicable: [OTHER, job({ scheduling: { strategy: 'STANDARD' }, ...pools({}) })],
  },
  'tuning-parallelism': {
    compliant: [tuning(2, 8)],
    nonCompliant: [['runs 9 of 8 trials at once', tuning(9, 8)]],
    notApplicable: [OTHER, tuning('${n}', 8)],
  },
  'workflow-limits': {
    compliant: [
      workflow({ source_contents: '{"main":{"steps":[{"a":{"return":"$${1 + 1}"}}]}}' }),
      workflow({ source_contents: `{"text":"${'x'.repeat(500)}"}` }),
    ],
    nonCompliant: [
      ['the source has 131074 bytes', workflow({ source_contents: JSON.stringify('x'.repeat(131_072)) })],
      [
        'the expression ${aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… has 401 characters',
        workflow({ source_contents: JSON.stringify({ a: `$\${${'a'.repeat(401)}}` }) }),
      ],
    ],
    notApplicable: [OTHER, workflow({})],
  },
};

test('every rule has its cases', () => {
  expect(Object.keys(CASES)).toEqual(RULES.map(({ id }) => id));
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  const { compliant = [], nonCompliant = [], notApplicable = [] } = CASES[id] ?? {};
  const verdicts = (all: Subjects) => [...all].map((subject) => rule.check(subject, all));

  test('is content with what keeps it', () => {
    for (const all of compliant) {
      const kinds = verdicts(all).map(({ kind }) => kind);
      expect(kinds).toContain('compliant');
      expect(kinds).not.toContain('non-compliant');
    }
  });

  test.each(nonCompliant)('finds: %s', (message, all) => {
    const found = verdicts(all).flatMap((verdict) =>
      verdict.kind === 'non-compliant' ? [verdict.message] : [],
    );
    expect(found[0]).toContain(message);
  });

  test('leaves the rest alone', () => {
    for (const all of notApplicable) {
      expect(new Set(verdicts(all).map(({ kind }) => kind))).toEqual(new Set(['not-applicable']));
    }
  });
});

test('the reference lists every rule', () => {
  const table = readFileSync('docs/reference/google-rules.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(table).toEqual(
    RULES.map(({ cause, fix, id, level }) => `| \`${id}\` | ${level} | ${cause} | ${fix} |`),
  );
});
