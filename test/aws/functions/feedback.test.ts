import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { createHandler, type FeedbackEvent } from '../../../lib/aws/functions/feedback';
import { BUCKET, CONFIG, Emulator } from './emulator';

jest.setTimeout(60_000);

let emulator: Emulator;
let sfn: SFNClient;
let event: FeedbackEvent;
let printed: string[];

beforeAll(async () => {
  emulator = await Emulator.start();
  sfn = new SFNClient({ ...CONFIG, endpoint: emulator.url });
}, 60_000);

afterAll(async () => {
  sfn.destroy();
  await emulator.stop();
});

beforeEach(async () => {
  await emulator.delete('feedback/');
  await emulator.delete('releases/');
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: `pipeline-${Date.now()}`,
      roleArn: 'arn:aws:iam::123456789012:role/runs',
      definition: '{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}',
    }),
  );
  const prefix = 'feedback/spam/';
  event = { bucket: BUCKET, prefix, pipeline: 'spam', retrainAfterSamples: 3, stateMachineArn };
  printed = [];
});

const count = () => createHandler(emulator.s3, sfn, (line) => printed.push(line))(event);
const runs = async () =>
  (await sfn.send(new ListExecutionsCommand({ stateMachineArn: event.stateMachineArn }))).executions ?? [];

/** S3 tells the time of objects in whole seconds. */
const nextSecond = () => sleep(1100);

const lines = (...texts: string[]) =>
  texts.map((text) => `${JSON.stringify({ input: { text, from: 'a' }, label: 1 })}\n`).join('');

async function release(): Promise<void> {
  await emulator.put('releases/live.json', '{"version": "0123456789ab"}');
  await nextSecond();
}

/** A run that began, and ended. */
async function endedRun(): Promise<void> {
  const { stateMachineArn } = event;
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
  await sfn.send(new StopExecutionCommand({ executionArn }));
  await nextSecond();
}

test('enough new samples start one run, and none while it is active', async () => {
  await release();
  await emulator.put('feedback/spam/monday.jsonl', lines('a', 'b'));
  expect(await count()).toEqual({ outcome: 'too few samples', newSamples: 2 });
  await emulator.put('feedback/spam/tuesday.jsonl', lines('c'));
  expect(await count()).toEqual({ outcome: 'started', newSamples: 3 });
  expect(await count()).toEqual({ outcome: 'a run is active' });
  expect((await runs()).map(({ name }) => name)).toEqual([expect.stringMatching(/^feedback-[0-9a-f]{16}$/)]);
});

test('what a run has seen is not new, even when it comes again', async () => {
  await emulator.put('feedback/spam/monday.jsonl', lines('a', 'b', 'c'));
  await nextSecond();
  await endedRun();
  expect(await count()).toEqual({ outcome: 'too few samples', newSamples: 0 });
  await emulator.put('feedback/spam/again.jsonl', lines('a', 'b', 'c'));
  expect(await count()).toEqual({ outcome: 'too few samples', newSamples: 0 });
  await emulator.put('feedback/spam/tuesday.jsonl', lines('d', 'e', 'f'));
  expect(await count()).toEqual({ outcome: 'started', newSamples: 3 });
});

test('only valid samples count, each input once', async () => {
  await release();
  const reordered = '{"label": 0, "input": {"from": "a", "text": "a"}}\n';
  const wrong = ['{', '[]', '{"label": 1}', '{"input": "a", "label": 1}', '{"input": {}, "label": null}'];
  await emulator.put('feedback/spam/a.jsonl', `${lines('a', 'a')}${reordered}${wrong.join('\n')}`);
  await emulator.put('feedback/spam/about.txt', lines('b', 'c', 'd'));
  await emulator.put('feedback/spam-two/a.jsonl', lines('b', 'c', 'd'));
  expect(await count()).toEqual({ outcome: 'too few samples', newSamples: 1 });
  expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({
    Pipeline: 'spam',
    NewFeedbackSamples: 1,
  });
});

test('without a version there is nothing to train again', async () => {
  await emulator.put('feedback/spam/a.jsonl', lines('a', 'b', 'c'));
  expect(await count()).toEqual({ outcome: 'no version is live' });
  expect(await runs()).toEqual([]);
});

test('two calls at once start one run', async () => {
  await release();
  await emulator.put('feedback/spam/a.jsonl', lines('a', 'b', 'c'));
  const outcomes = await Promise.all([count(), count()]);
  expect(outcomes.filter(({ outcome }) => outcome === 'started').length).toBeGreaterThan(0);
  expect(await runs()).toHaveLength(1);
});
