import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'deploy-local.mjs');
const VERSION = join(ROOT, 'test', 'fixtures', 'versions', 'spam-filter');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param interruptAt text of the output at which the script is sent SIGINT */
async function deployLocal(args: readonly string[], interruptAt?: string): Promise<Outcome> {
  // CDK's own checks of the example are a test of their own.
  const env = { ...process.env, CDK_VALIDATION: 'false' };
  const script = spawn(process.execPath, [SCRIPT, ...args], { cwd: ROOT, env });
  let [stdout, stderr] = ['', ''];
  script.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (interruptAt !== undefined && text.includes(interruptAt)) script.kill('SIGINT');
  });
  script.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(script, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The directory of the logs that a failure names. */
function logsOf({ stderr }: Outcome): string {
  return /^logs: (.+)$/m.exec(stderr)?.[1] ?? 'none';
}

/** The error of connecting to the port that the emulator had. */
async function connectionError(logs: string): Promise<string> {
  const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(join(logs, 'emulator.log'), 'utf8'))?.[1];
  const socket = connect(Number(port), '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code ?? '';
}

test('both stacks are deployed, and the deployed function verifies the model', async () => {
  const { code, stdout, stderr } = await deployLocal(['--artifact', VERSION]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^SpamFilterEndpoint {2}CREATE_COMPLETE +\d+$/m);
  expect(stdout).toMatch(/^SpamFilterPipeline {2}CREATE_COMPLETE +\d+$/m);
  const rows = [...stdout.matchAll(/^(AWS::\S+) +(\d+) +(\d+)$/gm)];
  const incomplete = rows.filter(([, , wanted, existing]) => wanted !== existing).map(([, type]) => type);
  expect(incomplete).toEqual(['AWS::CloudWatch::CompositeAlarm', 'AWS::S3::BucketPolicy']);
  expect(stdout).toContain(
    'NOT CREATED, since the emulator lacks the type:\n  2 AWS::CloudWatch::CompositeAlarm\n  1 AWS::S3::BucketPolicy\n',
  );
  for (const type of [
    'AWS::SageMaker::Endpoint',
    'AWS::StepFunctions::StateMachine',
    'AWS::CloudWatch::Alarm',
  ]) {
    expect(rows.map(([, name]) => name)).toContain(type);
  }
  expect(stdout).toMatch(/^endpoints +spamfilterendpoint-spamfilter-\w+: InService, /m);
  const digest = createHash('sha256')
    .update(readFileSync(join(VERSION, 'model.onnx')))
    .digest('hex');
  expect(stdout).toMatch(/^passed: 18 of 19 checks; not checked: extremes$/m);
  expect(stdout).toContain(`\n${VERSION}, SHA-256 ${digest}\n`);
}, 240_000);

test('an app that fails ends with its cause, the logs, and no emulator', async () => {
  const outcome = await deployLocal(['--app', 'echo "model.onnx: is gone [file-missing]" >&2; exit 1']);

  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(
    /^error: cdk synth failed: model\.onnx: is gone \[file-missing\]\nlogs: .+\n$/,
  );
  const logs = logsOf(outcome);
  expect(readdirSync(logs)).toEqual(expect.arrayContaining(['cdk-synth.log', 'emulator.log']));
  await expect(connectionError(logs)).resolves.toBe('ECONNREFUSED');
  rmSync(logs, { recursive: true });
}, 120_000);

test('an interruption stops the emulator too', async () => {
  const outcome = await deployLocal(['--artifact', VERSION], 'cdk synth');

  expect(outcome).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: stopped by SIGINT\n/) as string,
  });
  const logs = logsOf(outcome);
  await expect(connectionError(logs)).resolves.toBe('ECONNREFUSED');
  rmSync(logs, { recursive: true });
}, 60_000);
