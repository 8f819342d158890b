import { RequestTypes } from '../../../lib/google/rehearsal/request-check';

const types = RequestTypes.of('@google-cloud/aiplatform');

const job = {
  displayName: 'train',
  jobSpec: {
    workerPoolSpecs: [
      {
        machineSpec: { machineType: 'g2-standard-8', acceleratorType: 'NVIDIA_L4', acceleratorCount: 1 },
        replicaCount: '1',
        containerSpec: { imageUri: 'image', args: ['--step', 'train'] },
      },
    ],
    scheduling: { timeout: '3600s', strategy: 'SPOT' },
    serviceAccount: 'train@project.iam.gserviceaccount.com',
  },
  labels: { pipeline: 'spam-filter' },
};

const check = (body: unknown) => types.check('google.cloud.aiplatform.v1.CustomJob', body);

test('a body that is the message has no issues', () => {
  expect(check(job)).toEqual([]);
});

test('every wrong field is named with its path', () => {
  const [pool] = job.jobSpec.workerPoolSpecs;
  expect(
    check({
      ...job,
      labels: { pipeline: 1 },
      jobSpec: {
        workerPoolSpecs: [
          {
            ...pool,
            machineSpec: { acceleratorType: 'L4', gpus: 1 },
            containerSpec: { args: '--step' },
          },
        ],
        scheduling: { timeout: 3600 },
      },
    }),
  ).toEqual([
    expect.stringMatching(
      /^jobSpec\.workerPoolSpecs\[0\]\.machineSpec\.acceleratorType: "L4" is none of ACCELERATOR_TYPE_UNSPECIFIED, /,
    ),
    'jobSpec.workerPoolSpecs[0].machineSpec.gpus: MachineSpec has no such field',
    'jobSpec.workerPoolSpecs[0].containerSpec.args: "--step" is no list',
    'jobSpec.scheduling.timeout: 3600 is no Duration',
    'labels.pipeline: 1 is no string',
  ]);
});

test('what is no object at all is told so', () => {
  expect(check('train')).toEqual(['CustomJob: "train" is no CustomJob']);
});

test('jobs of Cloud Run are known too', () => {
  const run = RequestTypes.of('@google-cloud/run');
  const body = {
    overrides: { containerOverrides: [{ args: ['--run', '1'], env: [{ name: 'A', value: 'b' }] }] },
  };
  expect(run.check('google.cloud.run.v2.RunJobRequest', body)).toEqual([]);
  expect(run.check('google.cloud.run.v2.RunJobRequest', { override: {} })).toEqual([
    'override: RunJobRequest has no such field',
  ]);
});
