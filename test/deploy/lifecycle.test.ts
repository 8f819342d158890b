import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface State {
  readonly step: string;
  readonly result: string;
  readonly stacks: readonly string[];
  readonly services: Readonly<Record<'endpoints' | 'models' | 'endpoint configs', readonly string[]>>;
  readonly objects: readonly string[];
}

const DATA = ['models/1/manifest.json'];

let states: readonly State[];

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'lifecycle.mjs')]);
  states = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as State);
}, 240_000);

function after(step: string): State {
  const found = states.find((state) => state.step === step);
  if (found === undefined) throw new Error(`no state after "${step}"`);
  return found;
}

/** Name and configuration of the one endpoint. */
function endpointAfter(step: string): readonly string[] {
  const [endpoint = ''] = after(step).services.endpoints;
  return endpoint.split(': InService, ');
}

test('a first deployment ends with an endpoint in service', () => {
  expect(after('deploy')).toMatchObject({
    result: 'ok',
    stacks: ['Data CREATE_COMPLETE', 'Serving CREATE_COMPLETE'],
    objects: DATA,
  });
  expect(endpointAfter('deploy')).toEqual([
    expect.stringMatching(/^serving-spamfilter-/),
    after('deploy').services['endpoint configs'][0],
  ]);
});

test('a new version moves the same endpoint to a new configuration and leaves nothing of the old', () => {
  const [name, config] = endpointAfter('new version');
  const [nameBefore, configBefore] = endpointAfter('deploy');

  expect(after('new version').result).toBe('ok');
  expect(name).toBe(nameBefore);
  expect(config).not.toBe(configBefore);
  expect(after('new version').services).toMatchObject({
    models: [expect.any(String)],
    'endpoint configs': [config],
  });
});

test('an update that fails leaves the version that served before', () => {
  const failed = after('machine refused');

  expect(failed.result).toMatch(/Serving failed to deploy: UPDATE_ROLLBACK_COMPLETE$/);
  expect(failed.stacks).toContain('Serving UPDATE_ROLLBACK_COMPLETE');
  expect(failed.services).toEqual(after('new version').services);
});

test('destroying the stacks removes the endpoint and keeps the data', () => {
  expect(after('destroy')).toMatchObject({
    stacks: [],
    services: { endpoints: [], models: [], 'endpoint configs': [] },
    objects: DATA,
  });
});
