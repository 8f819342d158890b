import { PipelineEndpoint, type PipelineEndpointProps } from '../../lib/google/pipeline-endpoint';
import { ServingRuntime } from '../../lib/google/serving-runtime';
import { findMachine } from '../../lib/hardware';
import type { PipelineDefinition } from '../../lib/pipeline';
import { minimal } from '../pipeline/definitions';
import { createStack, PROJECT, resourcesOf, SERVER } from './endpoint-synth';

const machine = findMachine('g2-standard-8', 'google');

function make(props: Partial<PipelineEndpointProps> = {}, definition: PipelineDefinition = minimal) {
  if (machine === undefined) throw new Error('the catalogue has lost a machine');
  const { stack, store } = createStack();
  const endpoint = new PipelineEndpoint(stack, 'Endpoint', {
    project: PROJECT,
    definition,
    store,
    machine,
    runtime: ServingRuntime.onnx(SERVER),
    serverImage: SERVER,
    access: 'dedicated',
    actions: {},
    modelId: 'digits',
    ...props,
  });
  return { endpoint, stack, store };
}

test('a version is listed with the container that checks that it is this version', () => {
  const { endpoint, store } = make();
  const { model, modelId, parent } = endpoint.register;
  expect([parent, modelId]).toEqual(['projects/my-project/locations/europe-west4', 'digits']);
  expect(model.artifactUri).toContain(store.bucketName);
  expect(model.containerSpec.env).toContainEqual({
    name: 'MODEL_PIPELINE_EXPECT',
    value: expect.stringContaining('registered.version') as string,
  });
});

test.each([
  ['dedicated', '.europe-west4-123456789012.prediction.vertexai.goog/v1/projects/my-project/'],
  ['shared', 'https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/'],
] as const)('the smoke test asks the %s host name, and may do nothing else', (access, url) => {
  const { endpoint, stack } = make({ access });
  expect(JSON.stringify(endpoint.smokeTest.step)).toContain(url);
  expect(resourcesOf(stack, 'google_project_iam_custom_role')).toMatchObject([
    { permissions: ['aiplatform.endpoints.predict'] },
  ]);
});

test('a release must keep the severest levels of latency and errors', () => {
  const { endpoint } = make();
  expect(endpoint.release.limits.map(({ most }) => most)).toEqual([100, 0.01]);
  expect(endpoint.release.endpointId).toBe(endpoint.endpoint.endpointId);
});

test('another machine is another content, the same is not', () => {
  const other = findMachine('g2-standard-4', 'google');
  const { contentHash } = make().endpoint.release.target;
  expect(make().endpoint.release.target.contentHash).toBe(contentHash);
  expect(make({ machine: other }).endpoint.release.target.contentHash).not.toBe(contentHash);
});
