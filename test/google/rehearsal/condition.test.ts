import { holds } from '../../../lib/google/rehearsal/condition';

const object = (path: string) => ({
  type: 'storage.googleapis.com/Object',
  name: `projects/_/buckets/store/objects/${path}`,
});
const BUCKET = { type: 'storage.googleapis.com/Bucket', name: 'projects/_/buckets/store' };

const PREFIX = 'projects/_/buckets/store/objects/';
const RUNS = `${PREFIX}runs/`;
const RUN = `resource.name.extract("${RUNS}{run}/")`;
const ONE_STEP = [
  'resource.type == "storage.googleapis.com/Bucket" || ',
  `(resource.name.startsWith("${RUNS}") && ${RUN} != "" && `,
  `resource.name.extract("${RUNS}{run}/training/train/model/") == ${RUN})`,
].join('');

test.each([
  [BUCKET, true],
  [object('runs/1/training/train/model/file'), true],
  [object('runs/1/training/train/metrics/file'), false],
  [object('runs/1/2/training/train/model/file'), false],
  [object('models/1/model.onnx'), false],
])('one output of a step in any run: %j is %p', (resource, expected) => {
  expect(holds(ONE_STEP, resource)).toBe(expected);
});

test.each([
  [`resource.name.startsWith("${PREFIX}code/")`, true],
  [`resource.name.endsWith("/") || resource.name == "${PREFIX}code/a"`, true],
  [`(resource.name.endsWith("/")) && resource.name != ""`, false],
  [`resource.name.extract("code/{rest}") == "a"`, true],
  [`resource.name.extract("none/{rest}") == ""`, true],
])('%s is %p', (condition, expected) => {
  expect(holds(condition, object('code/a'))).toBe(expected);
});

test.each([
  ['request.time < 1', 'not understood: request.time < 1'],
  ['resource.name.matches("a")', 'the function matches is not known: resource.name.matches("a")'],
  ['resource.name == "a" "b"', 'unexpected "b" in resource.name == "a" "b"'],
  ['resource.service == "a"', 'unexpected service in resource.service == "a"'],
  ['"a"', 'unexpected the end in "a"'],
])('%s is not taken for something else', (condition, message) => {
  expect(() => holds(condition, BUCKET)).toThrow(message);
});
