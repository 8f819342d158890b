/** What a rehearsal runs with: its packages know the messages of Google's services. */
export const REHEARSAL_PACKAGES = [
  '@cdktf/provider-google',
  '@google-cloud/aiplatform',
  '@google-cloud/run',
  'cdktf',
  'constructs',
  'onnxruntime-node',
  'protobufjs',
];
