import { PipelineService } from '../../lib/google/pipeline-service';
import { ServingRuntime } from '../../lib/google/serving-runtime';
import { minimal } from '../pipeline/definitions';
import { createStack, PROJECT, SERVER } from './endpoint-synth';

function make(runtime: ServingRuntime): PipelineService {
  const { stack, store } = createStack();
  return new PipelineService(stack, 'Endpoint', {
    project: PROJECT,
    definition: { ...minimal, deployment: { endpoint: { mode: 'serverless', machine: { memoryGiB: 4 } } } },
    store,
    runtime,
    serverImage: SERVER,
    actions: {},
    modelId: 'digits',
  });
}

test.each([
  ['onnx', ServingRuntime.onnx(SERVER), '/invocations'],
  ['triton', ServingRuntime.triton(SERVER), '/v2/models/digits/infer'],
])('the smoke test asks the candidate where the runtime %s answers', (_, runtime, path) => {
  const { release, smokeTest } = make(runtime);
  const host = `https://candidate---${release.endpointId}-123456789012.europe-west4.run.app`;
  expect(JSON.stringify(smokeTest.step)).toContain(`${host}${path}`);
});

test('versions are named after the service', () => {
  const { release } = make(ServingRuntime.onnx(SERVER));
  expect(release.target.namePrefix).toBe(release.endpointId);
});
