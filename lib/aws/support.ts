/** Fields of the definition that this target does not carry out, with the reason: refused at synth. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'conversion.format=tflite': 'endpoints serve ONNX',
  'deployment.endpoint.mode=asynchronous':
    'the release workflow tests a version with answers at once; use ModelEndpoint with Hosting.asynchronous(…)',
};
