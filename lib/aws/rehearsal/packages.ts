/** What a rehearsal runs with, beyond what a synth needs. */
export const REHEARSAL_PACKAGES = [
  'aws-cdk-lib',
  'constructs',
  'aws-local-stepfunctions',
  'jsonata',
  'onnxruntime-node',
  '@aws-sdk/client-s3',
  '@aws-sdk/client-sagemaker-runtime',
  '@aws-sdk/client-sfn',
];
