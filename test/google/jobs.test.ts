import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App as AwsApp, Stack } from 'aws-cdk-lib/core';
import {
  ArtifactStore,
  ContainerImage,
  JobCode,
  ModelBaseline,
  ModelConversion,
  ModelRegistration,
  ModelVerification,
  ProcessingJob,
  ProgramFunction,
  ServiceKey,
  SmokeTest,
  StepAccount,
  type StoreLocation,
  TrainingJob,
  type TrainingJobProps,
  TuningJob,
  type WorkflowStep,
} from '../../lib/google';
import { placeJob } from '../../lib/google/job-placement';
import { RequestTypes } from '../../lib/google/rehearsal/request-check';
import type { JobStep, Plan, Tuning } from '../../lib/pipeline';
import { holds } from './condition';
import { JobStack, project } from './job-stack';
import { terraformMissing } from './terraform/terraform';

const RUNNER = 'serviceAccount:runner@models-of-my-team.iam.gserviceaccount.com';
const all = new JobStack('jobs');
const { stack } = all;
const plan: Plan = { schemaVersion: 1, pipeline: 'tiny', start: 'train', steps: [] };
const source = mkdtempSync(join(tmpdir(), 'source-'));
writeFileSync(join(source, 'train.py'), 'def train(): ...\n');

const store = new ArtifactStore(stack, 'Store', { project, bucketName: 'models' });
const code = new JobCode(stack, 'Code', { plan, source, store });
const image = ContainerImage.pytorch();
const server = ContainerImage.fromArtifactRegistry({
  project: project.id,
  location: project.region,
  repository: 'serving',
  image: 'server',
  digest: `sha256:${'0'.repeat(64)}`,
});

afterAll(() => {
  all.remove();
});

function of(path: string): StoreLocation {
  return { path: `"runs/" + run + "/${path}/"`, prefixes: [`runs/*/${path}/`] };
}

const training: TrainingJobProps = {
  project,
  jobName: 'tiny-train',
  store,
  code,
  step: 'train',
  image,
  machine: { accelerator: 'l4' },
  inputs: { data: of('training/preprocess/data') },
  outputs: { model: of('training/train/model'), metrics: of('training/train/metrics') },
  timeoutSeconds: 7200,
};

interface Arguments {
  readonly parent: string;
  readonly region: string;
  readonly body: never;
  readonly max_seconds: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly timeout: number;
}

function argumentsOf({ args }: WorkflowStep): Arguments {
  return args as Arguments;
}

function members(type: string, path: string): Readonly<Record<string, unknown>>[] {
  return all.resources(type, path);
}

/** What an account may do with an object of the store. */
function rolesFor(account: StepAccount, object: string): string[] {
  return all
    .resources('google_storage_bucket_iam_member')
    .filter(({ member }) => member === account.member)
    .filter(({ condition }) => holds((condition as { expression: string }).expression, 'models', object))
    .map(({ role }) => String(role).replace('roles/storage.', ''))
    .sort();
}

describe('a training job', () => {
  const types = RequestTypes.of('@google-cloud/aiplatform');
  const CUSTOM_JOB = 'google.cloud.aiplatform.v1.CustomJob';
  const train = new TrainingJob(stack, 'Train', {
    ...training,
    machineCount: 3,
    capacity: 'spot',
    checkpoints: of('training/train/checkpoints'),
    fallbackMachines: [{ accelerator: 't4' }],
    network: {
      network: 'projects/123456789012/global/networks/jobs',
      subnetwork: 'projects/models-of-my-team/regions/europe-west4/subnetworks/jobs',
    },
  });
  train.grantRun('Workflow', RUNNER);

  test('is a custom job of Vertex AI that its API takes', () => {
    const { body, ...rest } = argumentsOf(train.step);
    expect(types.check(CUSTOM_JOB, body)).toEqual([]);
    expect(train.step.call).toBe('run_custom_job');
    expect(rest).toEqual({
      parent: 'projects/models-of-my-team/locations/europe-west4',
      region: 'europe-west4',
      max_seconds: 14_400,
    });
    expect(body).toMatchObject({
      displayName: 'tiny-train',
      encryptionSpec: {
        kmsKeyName:
          'projects/models-of-my-team/locations/europe-west4/keyRings/jobs-store-key/cryptoKeys/key',
      },
      labels: { step: 'train' },
      jobSpec: {
        scheduling: { timeout: '7200s', strategy: 'SPOT', disableRetries: true },
        serviceAccount: train.account.email,
        network: 'projects/123456789012/global/networks/jobs',
      },
    });
  });

  test('has one machine that leads and a pool of the others', () => {
    const { jobSpec } = argumentsOf(train.step).body as { jobSpec: { workerPoolSpecs: object[] } };
    const machine = {
      machineSpec: { machineType: 'g2-standard-4', acceleratorType: 'NVIDIA_L4', acceleratorCount: 1 },
      diskSpec: { bootDiskType: 'pd-ssd', bootDiskSizeGb: 100 },
    };
    expect(jobSpec.workerPoolSpecs).toMatchObject([
      { ...machine, replicaCount: '1' },
      { ...machine, replicaCount: '2' },
    ]);
  });

  test('is told its directories in the mounted store', () => {
    const { jobSpec } = argumentsOf(train.step).body as {
      jobSpec: { workerPoolSpecs: { containerSpec: object }[] };
    };
    expect(jobSpec.workerPoolSpecs[1]?.containerSpec).toEqual({
      imageUri: 'pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime',
      command: ['python3', expect.stringMatching(/^\/gcs\/models\/code\/[0-9a-f]{16}\/code\.zip$/)],
      args: [
        '--step',
        'train',
        '--input',
        '${"data=/gcs/models/" + "runs/" + run + "/training/preprocess/data/"}',
        '--output',
        '${"model=/gcs/models/" + "runs/" + run + "/training/train/model/"}',
        '--output',
        '${"metrics=/gcs/models/" + "runs/" + run + "/training/train/metrics/"}',
        '--checkpoints',
        '${"/gcs/models/" + "runs/" + run + "/training/train/checkpoints/"}',
      ],
    });
  });

  test('has the same body on each machine it falls back to', () => {
    const [first, second, ...others] = train.steps.map((step) => argumentsOf(step).body as object);
    expect(others).toEqual([]);
    expect(first).toEqual(argumentsOf(train.step).body);
    expect(types.check(CUSTOM_JOB, second)).toEqual([]);
    const [machine, text] = ['"machineType":"g2-standard-4","acceleratorType":"NVIDIA_L4"', 'machineType'];
    expect(JSON.stringify(first)).toContain(machine);
    expect(
      JSON.stringify(second).replaceAll(
        `"${text}":"n1-standard-4","acceleratorType":"NVIDIA_TESLA_T4"`,
        machine,
      ),
    ).toBe(JSON.stringify(first));
  });

  test('on demand waits for its machine without an end', () => {
    const plain = new TrainingJob(stack, 'Plain', { ...training, machine: { memoryGiB: 16 } });
    const { body, max_seconds } = argumentsOf(plain.step);
    expect(max_seconds).toBe(0);
    expect(types.check(CUSTOM_JOB, body)).toEqual([]);
    expect(body).toMatchObject({
      jobSpec: {
        scheduling: { strategy: 'STANDARD' },
        workerPoolSpecs: [{ machineSpec: { machineType: 'e2-standard-4' } }],
      },
    });
  });

  test.each([
    ['runs/r1/training/preprocess/data/train.jsonl', ['objectViewer']],
    ['runs/r1/training/train/model/weights.safetensors', ['objectCreator', 'objectViewer']],
    ['runs/r1/training/train/checkpoints/epoch-1', ['objectUser']],
    ['runs/r1/training/export/onnx/model.onnx', []],
    ['models/0a1b/model.onnx', []],
  ])('may do with %s what it must: %j', (object, roles) => {
    expect(rolesFor(train.account, object)).toEqual(roles);
  });

  test('reads its code', () => {
    const prefix = code.location.prefixes[0] ?? '';
    expect(rolesFor(train.account, `${prefix}code.zip`)).toEqual(['objectViewer']);
    expect(rolesFor(train.account, 'code/other/code.zip')).toEqual([]);
  });

  test('is run by those who may act as its account', () => {
    expect(members('google_service_account_iam_member', 'Train')).toMatchObject([
      { role: 'roles/iam.serviceAccountUser', member: RUNNER },
    ]);
    new TrainingJob(stack, 'Twice', training).grantRun('Workflow', RUNNER);
    expect(members('google_project_iam_member', '')).toMatchObject([
      { role: 'roles/aiplatform.user', member: RUNNER, project: project.id },
    ]);
  });

  test('is refused with everything that is wrong', () => {
    const wrong = {
      ...training,
      project: { ...project, number: 'x' },
      jobName: 'Train',
      capacity: 'spot',
      timeoutSeconds: 100.5,
      maxWaitSeconds: 10,
      machineCount: 0,
      volumeGiB: 50,
      fallbackMachines: Array<object>(6).fill({ accelerator: 't4' }),
      network: { network: 'jobs', subnetwork: 'jobs' },
    } as const;
    expect(() => new TrainingJob(stack, 'Wrong', wrong)).toThrow(
      [
        'training job "Train": 10 problems',
        '  project.number: is "x" [project-invalid]',
        '    fix: Give a literal like "123456789012".',
        '  network.network: is "jobs" [network-invalid]',
        '    fix: Give its full name: projects/<number>/global/networks/<name>.',
        '  network.subnetwork: is "jobs" [network-invalid]',
        '    fix: Give its full name: projects/<id>/regions/<region>/subnetworks/<name>.',
        '  jobName: is "Train" [job-name]',
        '    fix: Give 1 to 63 of a–z, 0–9 and "-".',
        '  capacity: is "spot" without checkpoints: a machine that is taken away takes the training with it [spot-checkpoints]',
        '    fix: Pass `checkpoints`, or leave `capacity` out.',
        '  timeoutSeconds: is 100.5 [job-timeout]',
        '    fix: Give a whole number from 1.',
        '  maxWaitSeconds: is 10 s, below the 100.5 s that a job may run [spot-wait]',
        '    fix: Raise it, or lower `timeoutSeconds`.',
        '  machineCount: is 0 [machine-count]',
        '    fix: Give a whole number from 1.',
        '  fallbackMachines: has 6 [machine-fallback]',
        '    fix: Name at most 5.',
        '  volumeGiB: is 50 [volume-size]',
        '    fix: Give a whole number from 100 to 64000.',
      ].join('\n'),
    );
    stack.node.tryRemoveChild('Wrong');
  });
});

describe('a tuning job', () => {
  const types = RequestTypes.of('@google-cloud/aiplatform');
  const tuning: Tuning = {
    objective: 'accuracy',
    goal: 'maximize',
    trials: 5,
    parallelTrials: 2,
    earlyStopping: 'auto',
    ranges: {
      rate: { kind: 'continuous', min: 0.0001, max: 0.1, scale: 'log' },
      layers: { kind: 'integer', min: 1, max: 4 },
      optimizer: { kind: 'categorical', values: ['adam', 'sgd'] },
    },
  };
  const tune = new TuningJob(stack, 'Tune', {
    ...training,
    step: 'tune',
    tuning,
    capacity: 'spot',
    maxWaitSeconds: 10_000,
    checkpoints: of('training/tune/checkpoints'),
    fallbackMachines: [{ accelerator: 't4' }],
  });
  tune.grantRun('Workflow', RUNNER);

  test('is a tuning of Vertex AI that its API takes', () => {
    expect(tune.step.call).toBe('run_tuning_job');
    expect(tune.steps).toHaveLength(2);
    for (const step of tune.steps) {
      const { body, max_seconds } = argumentsOf(step);
      expect(types.check('google.cloud.aiplatform.v1.HyperparameterTuningJob', body)).toEqual([]);
      expect(max_seconds).toBe(30_000);
    }
    expect(argumentsOf(tune.step).body).toMatchObject({
      displayName: 'tiny-train',
      maxTrialCount: 5,
      parallelTrialCount: 2,
      maxFailedTrialCount: 5,
      studySpec: {
        metrics: [{ metricId: 'accuracy', goal: 'MAXIMIZE' }],
        parameters: [
          {
            parameterId: 'rate',
            scaleType: 'UNIT_LOG_SCALE',
            doubleValueSpec: { minValue: 0.0001, maxValue: 0.1 },
          },
          {
            parameterId: 'layers',
            scaleType: 'UNIT_LINEAR_SCALE',
            integerValueSpec: { minValue: '1', maxValue: '4' },
          },
          { parameterId: 'optimizer', categoricalValueSpec: { values: ['adam', 'sgd'] } },
        ],
        medianAutomatedStoppingSpec: { useElapsedDuration: false },
      },
      trialJobSpec: {
        scheduling: { strategy: 'SPOT' },
        workerPoolSpecs: [
          { containerSpec: { args: expect.arrayContaining(['--step', 'tune']) as string[] } },
        ],
      },
    });
  });

  test('runs one trial after the other to the end, and minimises, where nothing else is said', () => {
    const ranges = { layers: { kind: 'integer', min: 1, max: 4 } } as const;
    const short = { objective: 'loss', goal: 'minimize', trials: 2, ranges } as const;
    const { step } = new TuningJob(stack, 'Short', { ...training, tuning: short });
    const { body, max_seconds } = argumentsOf(step);
    expect(max_seconds).toBe(0);
    expect(body).toMatchObject({
      parallelTrialCount: 1,
      studySpec: { metrics: [{ metricId: 'loss', goal: 'MINIMIZE' }] },
    });
    expect(JSON.stringify(body)).not.toContain('medianAutomatedStoppingSpec');
  });

  test('is refused with everything that is wrong', () => {
    const wrong: Tuning = {
      ...tuning,
      objective: 'F1 score',
      parallelTrials: 6,
      ranges: { step: { kind: 'integer', min: 1, max: 2 } },
      warmStart: { jobs: ['earlier'] },
    };
    expect(() => new TuningJob(stack, 'Wrong', { ...training, tuning: wrong, machineCount: 0 })).toThrow(
      [
        'tuning job "tiny-train": 5 problems',
        '  machineCount: is 0 [machine-count]',
        '    fix: Give a whole number from 1.',
        '  tuning.parallelTrials: is 6, above the 5 trials in all [tuning-limit]',
        '    fix: Give at most 5.',
        '  tuning.objective: is "F1 score" [tuning-objective]',
        '    fix: Name the metric with letters, digits and "_" alone.',
        '  tuning.ranges.step: is an argument of the program that trains [tuning-parameter]',
        '    fix: Name it otherwise; plan, step, input, output, checkpoints are taken.',
        '  tuning.warmStart: is set, and studies of Vertex AI learn nothing from earlier ones [tuning-warm-start]',
        '    fix: Leave it out, and narrow the ranges instead.',
      ].join('\n'),
    );
    stack.node.tryRemoveChild('Wrong');
  });
});

/** The overrides of a run, as the workflow sends them. */
function overridesOf(step: WorkflowStep): object {
  const { args, timeout } = argumentsOf(step);
  return { overrides: { containerOverrides: [{ args }], timeout: `${timeout}s` } };
}

describe('a processing job', () => {
  const types = RequestTypes.of('@google-cloud/run');
  const processing = {
    project,
    store,
    code,
    step: 'evaluate',
    image,
    resources: { cpu: 4, memoryGiB: 16, accelerator: 'nvidia-l4' },
    inputs: { onnx: of('conversion/export/onnx') },
    outputs: { metrics: of('training/evaluate/metrics') },
    timeoutSeconds: 3600,
  } as const;
  const network = {
    network: 'projects/123456789012/global/networks/jobs',
    subnetwork: 'projects/models-of-my-team/regions/europe-west4/subnetworks/jobs',
  };
  const evaluate = new ProcessingJob(stack, 'Evaluate', { ...processing, network });
  evaluate.grantRun('Workflow', RUNNER);

  test('is a job of Cloud Run with the store as a directory, encrypted, tried once', () => {
    expect(members('google_cloud_run_v2_job', 'Evaluate')).toMatchObject([
      {
        name: 'jobs-evaluate-job',
        location: 'europe-west4',
        deletion_protection: false,
        template: {
          task_count: 1,
          template: {
            encryption_key:
              'projects/models-of-my-team/locations/europe-west4/keyRings/jobs-store-key/cryptoKeys/key',
            execution_environment: 'EXECUTION_ENVIRONMENT_GEN2',
            gpu_zonal_redundancy_disabled: true,
            max_retries: 0,
            node_selector: { accelerator: 'nvidia-l4' },
            service_account: evaluate.account.email,
            timeout: '3600s',
            volumes: [{ name: 'store', gcs: { bucket: 'models', read_only: false } }],
            vpc_access: { egress: 'ALL_TRAFFIC', network_interfaces: [network] },
            containers: [
              {
                command: [...code.command],
                image: 'pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime',
                resources: { limits: { cpu: '4', memory: '16Gi', 'nvidia.com/gpu': '1' } },
                volume_mounts: [{ mount_path: '/gcs/models', name: 'store' }],
              },
            ],
          },
        },
      },
    ]);
  });

  test('is run with the arguments of its step, by those who may', () => {
    expect(evaluate.step.call).toBe('run_program');
    expect(evaluate.steps).toEqual([evaluate.step]);
    expect(argumentsOf(evaluate.step)).toEqual({
      name: 'projects/models-of-my-team/locations/europe-west4/jobs/jobs-evaluate-job',
      args: [
        ...['--step', 'evaluate'],
        ...['--input', '${"onnx=/gcs/models/" + "runs/" + run + "/conversion/export/onnx/"}'],
        ...['--output', '${"metrics=/gcs/models/" + "runs/" + run + "/training/evaluate/metrics/"}'],
      ],
      timeout: 3600,
    });
    expect(types.check('google.cloud.run.v2.RunJobRequest', overridesOf(evaluate.step))).toEqual([]);
    expect(members('google_cloud_run_v2_job_iam_member', 'Evaluate')).toMatchObject([
      { role: 'roles/run.jobsExecutorWithOverrides', member: RUNNER },
    ]);
    expect(members('google_service_account_iam_member', 'Evaluate')).toEqual([]);
  });

  test('without a GPU may take a week', () => {
    const resources = { cpu: 2, memoryGiB: 8 };
    new ProcessingJob(stack, 'Long', { ...processing, resources, timeoutSeconds: 604_800 });
    const [job] = members('google_cloud_run_v2_job', 'Long');
    expect(job).not.toHaveProperty('template.template.node_selector');
    expect(job).not.toHaveProperty('template.template.vpc_access');
    expect(job).toMatchObject({
      template: { template: { containers: [{ resources: { limits: { cpu: '2', memory: '8Gi' } } }] } },
    });
  });

  test('that takes too long is refused', () => {
    const wrong = { ...processing, timeoutSeconds: 3601, project: { ...project, id: 'x' } };
    expect(() => new ProcessingJob(stack, 'Wrong', wrong)).toThrow(
      [
        'processing job "jobs/Wrong": 2 problems',
        '  project.id: is "x" [project-invalid]',
        '    fix: Give a literal like "my-project-123456".',
        '  timeoutSeconds: is 3601; a job with a GPU of Cloud Run takes 1 to 3600 s [job-timeout]',
        '    fix: Lower it, or use a TrainingJob.',
      ].join('\n'),
    );
    stack.node.tryRemoveChild('Wrong');
  });
});

describe('an artifact program', () => {
  const props = {
    project,
    store,
    image: server,
    step: 'register',
    parameters: { pipeline: 'tiny', note: '${x}' },
    inputs: { model: of('conversion/convert/model') },
    outputs: { version: of('deployment/register/version'), metrics: of('deployment/register/metrics') },
    timeoutSeconds: 900,
  };
  const key = 'projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k';
  const register = new ModelRegistration(stack, 'Register', {
    ...props,
    signingKeyVersion: `${key}/cryptoKeyVersions/1`,
  });
  register.grantRun('Workflow', RUNNER);

  test('is a job of Cloud Run with the image’s own entry point', () => {
    const [job] = members('google_cloud_run_v2_job', 'Register');
    expect(job).toMatchObject({
      template: {
        template: {
          containers: [
            {
              image: `europe-west4-docker.pkg.dev/models-of-my-team/serving/server@sha256:${'0'.repeat(64)}`,
              resources: { limits: { cpu: '2', memory: '3Gi' } },
            },
          ],
        },
      },
    });
    expect(job).not.toHaveProperty('template.template.containers.0.command');
  });

  test('is run with its parameters, of which no part is an expression', () => {
    expect(register.steps).toEqual([register.step]);
    expect(argumentsOf(register.step).args).toEqual([
      ...['program', '--store', 'mounted', '--program', 'register', '--step', 'register'],
      ...['--parameters', '{"pipeline":"tiny","note":"\\u0024{x}"}'],
      ...['--input', '${"model=/gcs/models/" + "runs/" + run + "/conversion/convert/model/"}'],
      ...['--output', '${"version=/gcs/models/" + "runs/" + run + "/deployment/register/version/"}'],
      ...['--output', '${"metrics=/gcs/models/" + "runs/" + run + "/deployment/register/metrics/"}'],
      ...['--publish', '/gcs/models/models/'],
      ...['--signing-key', `${key}/cryptoKeyVersions/1`],
    ]);
  });

  test('that registers adds versions and signs them', () => {
    expect(rolesFor(register.account, 'models/0a1b/manifest.json')).toEqual([
      'objectCreator',
      'objectViewer',
    ]);
    expect(rolesFor(register.account, 'baselines/0a1b/baseline.json')).toEqual([]);
    expect(members('google_kms_crypto_key_iam_member', 'Register')).toMatchObject([
      { crypto_key_id: key, role: 'roles/cloudkms.signerVerifier', member: register.account.member },
    ]);
  });

  test.each([
    ['convert', ModelConversion, undefined],
    ['verify', ModelVerification, undefined],
    ['baseline', ModelBaseline, '/gcs/models/baselines/'],
  ])('%s has a construct of its own', (program, Program, publish) => {
    const { step } = new Program(stack, `Program${program}`, { ...props, step: program });
    const { args } = argumentsOf(step);
    expect(args.slice(0, 7)).toEqual([
      ...['program', '--store', 'mounted'],
      ...['--program', program, '--step', program],
    ]);
    const published = args.filter((_, index) => args[index - 1] === '--publish');
    expect(published).toEqual(publish === undefined ? [] : [publish]);
  });

  test('of a model that no instance has room for is refused', () => {
    expect(
      () =>
        new ModelRegistration(stack, 'Wrong', {
          ...props,
          modelMiB: 8000,
          timeoutSeconds: 0,
          signingKeyVersion: key,
        }),
    ).toThrow(
      [
        'step "register": 3 problems',
        '  modelMiB: is 8000: "register" would need more than the 32 GiB of memory that an instance can have [model-too-large-for-cloud-run]',
        '    fix: Make the model smaller: quantise or prune it.',
        '  timeoutSeconds: is 0; a job of Cloud Run takes 1 to 604800 s [job-timeout]',
        '    fix: Lower it, or use a TrainingJob.',
        `  signingKeyVersion: is "${key}" [signing-key]`,
        '    fix: Give projects/<id>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>/cryptoKeyVersions/1.',
      ].join('\n'),
    );
    stack.node.tryRemoveChild('Wrong');
  });
});

describe('a smoke test', () => {
  const props = {
    project,
    store,
    image: server,
    url: '"https://live.example/invocations"',
    token: 'identity',
    runtime: 'onnx',
    samples: { path: 'registered.path + "golden/"', prefixes: ['models/'] },
    tolerance: { absolute: 0.001, relative: 0.01 },
  } as const;

  test('sends the golden samples of the version with a token of its account', () => {
    const smokeTest = new SmokeTest(stack, 'SmokeTest', props);
    smokeTest.grantRun('Workflow', RUNNER);
    expect(argumentsOf(smokeTest.step)).toEqual({
      name: 'projects/models-of-my-team/locations/europe-west4/jobs/jobs-smoke-test-job',
      args: [
        'smoke-test',
        '${"/gcs/models/" + registered.path + "golden/"}',
        ...['--url', '${"https://live.example/invocations"}'],
        ...['--runtime', 'onnx', '--token', 'identity', '--absolute', '0.001', '--relative', '0.01'],
      ],
      timeout: 600,
    });
    expect(rolesFor(smokeTest.account, 'models/0a1b/golden/samples.json')).toEqual(['objectViewer']);
    expect(members('google_cloud_run_v2_job_iam_member', 'SmokeTest')).toMatchObject([{ member: RUNNER }]);
  });

  test('takes the tolerance that holds everywhere where none is given', () => {
    const { step } = new SmokeTest(stack, 'Tolerant', { ...props, tolerance: {} });
    expect(argumentsOf(step).args.at(-1)).toBe('identity');
  });
});

describe('a job of the plan runs', () => {
  const job = (changes: Partial<JobStep>) =>
    placeJob({ id: 'x', program: 'evaluate', machine: {}, timeoutMinutes: 60, ...changes });

  test.each<readonly [string, Partial<JobStep>, object]>([
    ['on Cloud Run', {}, { service: 'cloud-run', resources: { cpu: 2, memoryGiB: 8 } }],
    [
      'on a GPU of Cloud Run',
      { machine: { accelerator: 'l4' } },
      { service: 'cloud-run', resources: { cpu: 4, memoryGiB: 16, accelerator: 'nvidia-l4' } },
    ],
    [
      'on Vertex AI where it trains',
      { program: 'distill' },
      { service: 'vertex', machine: { name: 'n1-standard-4' } },
    ],
    [
      'on Vertex AI where it needs a GPU for long',
      { machine: { accelerator: 'l4' }, timeoutMinutes: 61 },
      { service: 'vertex', machine: { name: 'g2-standard-4' } },
    ],
    [
      'on Vertex AI where Cloud Run has no such GPU',
      { machine: { accelerator: 't4' } },
      { service: 'vertex', machine: { name: 'n1-standard-4+t4' } },
    ],
    [
      'on Vertex AI where Cloud Run has not so many GPUs',
      { machine: { accelerator: 'l4', accelerators: 2 } },
      { service: 'vertex', machine: { name: 'g2-standard-24' } },
    ],
    [
      'on Vertex AI where it needs more memory',
      { machine: { memoryGiB: 64 } },
      { service: 'vertex', machine: { name: 'e2-standard-16' } },
    ],
  ])('%s', (_, changes, placement) => {
    expect(job(changes)).toMatchObject(placement);
  });
});

test('no construct lies in a stack of CloudFormation', () => {
  const aws = new Stack(new AwsApp(), 'Aws');
  const program = { ...training, parameters: {} };
  const creations: readonly (() => unknown)[] = [
    () => new JobCode(aws, 'Code', { plan, source, store }),
    () => new ServiceKey(aws, 'Key', { project, agents: [] }),
    () => new StepAccount(aws, 'Account', { project, purpose: '' }),
    () => new TrainingJob(aws, 'Train', training),
    () => new TuningJob(aws, 'Tune', { ...training, tuning: {} as never }),
    () => new ProcessingJob(aws, 'Process', { ...training, resources: { cpu: 1, memoryGiB: 2 } }),
    () => new ProgramFunction(aws, 'Program', { ...program, program: 'verify' }),
    () => new SmokeTest(aws, 'Smoke', {} as never),
  ];
  for (const create of creations) expect(create).toThrow('not-in-a-terraform-stack');
});

test('terraform makes it all, finds no change, and takes it away again', async () => {
  if (await terraformMissing()) return;
  const outcomes = await all.terraform(
    ['validate'],
    ['apply', '-auto-approve'],
    ['plan', '-detailed-exitcode'],
    ['destroy', '-auto-approve'],
  );
  expect(outcomes[0]).toMatchObject({ code: 0 });
  expect(outcomes[1]).toMatchObject({ code: 0 });
  expect(outcomes[2]).toMatchObject({ code: 0, output: expect.stringContaining('No changes.') as string });
  expect(outcomes[3]).toMatchObject({ code: 0 });
}, 120_000);
