import { join } from 'node:path';
import { Rehearsal, type ScenarioResult } from '../../lib/google/rehearsal/rehearsal';
import { compile, type PipelineDefinition } from '../../lib/pipeline';
import { scenariosOf } from '../../lib/rehearsal/scenarios';
import { fixtureDefinition, runFixture } from '../aws/fixture-programs';
import { performEach, rehearse } from '../rehearsal/rehearse';

/** The example on a service of Cloud Run, released in four steps. */
const definition: PipelineDefinition = {
  ...fixtureDefinition,
  deployment: {
    ...fixtureDefinition.deployment,
    endpoint: { mode: 'serverless', machine: { memoryGiB: 4 } },
    release: { strategy: 'linear', stepPercent: 25, waitMinutes: 5 },
  },
};

/** Those in which something is released, or turned back; all others end before it, as on Vertex AI. */
const RELEASES = ['success', 'endpoint', 'silent', 'smoke', 'concurrent', 'rollback'];

const scenarios = scenariosOf(compile(definition)).filter(({ name }) =>
  RELEASES.some((word) => name.startsWith(word)),
);

const data = join(__dirname, '..', 'fixtures', 'versions');
const { perform, rehearsal } = rehearse(
  scenarios,
  () => new Rehearsal(definition, { data, runProgram: runFixture }),
);

performEach(scenarios, perform);

test('a revision gets its share step by step, after it has answered at an address of its own', async () => {
  const result = await perform('success, over another version');
  expect(splits(result)).toEqual([[100, 0], [25, 75], [50, 50], [75, 25], [100]]);
  expect(result.path.indexOf('release_smoke_test')).toBeLessThan(result.path.indexOf('release_shift'));
});

test('the first version takes over from the placeholder at once', async () => {
  const result = await perform('success');
  expect(splits(result)).toEqual([[100, 0], [100]]);
});

test('where the smoke test fails the new revision has had no traffic', async () => {
  const result = await perform('smoke test failed');
  expect(splits(result)).toEqual([[100, 0], [100]]);
});

test('the service can be destroyed as it is', async () => {
  await expect(rehearsal().tearDown()).resolves.toEqual([]);
});

test('every membership was taken, but for those that a rehearsal does not see', () => {
  expect(rehearsal().unusedGrants()).toEqual([]);
});

/** Shares of the traffic that were asked for, one request after the other. */
function splits({ calls }: ScenarioResult): number[][] {
  return calls
    .filter(({ name }) => name.endsWith('.services.patch'))
    .map(({ args }) => (args.body as { traffic: { percent: number }[] }).traffic)
    .map((traffic) => traffic.map(({ percent }) => percent));
}
