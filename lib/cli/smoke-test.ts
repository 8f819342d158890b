import { Command, InvalidArgumentError, Option } from 'commander';
import { readGolden } from '../artifact';
import { readPrompts } from '../artifact/language-model/prompts';
import { issue, IssueError } from '../issue';
import type { ServingRuntime, Tolerance } from '../pipeline';
import { smokeTest } from '../serving/smoke-test';
import { promptTest } from '../serving/smoke-test-prompts';
import { completeByVllm } from '../serving/vllm-completion';
import { accessToken, identityToken } from './google-token';

/** How long an endpoint may take for one sample; one that scales from zero starts first. */
const TIMEOUT_MS = 120_000;

interface Options {
  readonly url: string;
  readonly runtime: ServingRuntime;
  readonly absolute?: number;
  readonly relative?: number;
  readonly token: 'none' | 'identity' | 'access';
}

export function smokeTestCommand(): Command {
  return new Command('smoke-test')
    .description(
      'Ask a live endpoint for every golden sample, or to continue prompts; other answers are errors.',
    )
    .argument('<samples>', 'golden/ of the version; for vllm its prompts.json')
    .requiredOption('--url <url>', 'where requests are posted: https://…/invocations')
    .addOption(
      new Option('--runtime <name>', 'what serves').choices(['onnx', 'triton', 'vllm']).default('onnx'),
    )
    .option('--absolute <number>', 'accepted absolute difference', parseNumber)
    .option('--relative <number>', 'accepted relative difference', parseNumber)
    .addOption(
      new Option('--token <kind>', 'what requests carry: a token of this account on Google Cloud')
        .choices(['none', 'identity', 'access'])
        .default('none'),
    )
    .action(async (samples: string, { absolute, relative, runtime, token, url }: Options) => {
      const tolerance: Tolerance = {
        ...(absolute !== undefined && { absolute }),
        ...(relative !== undefined && { relative }),
      };
      const headers = await headersOf(url, token);
      const invoke = (body: string) => post(url, headers, body);
      process.stdout.write(`${await tryOut(samples, runtime, tolerance, invoke)}\n`);
    });
}

/** @returns what was seen, in a sentence */
async function tryOut(
  samples: string,
  runtime: ServingRuntime,
  tolerance: Tolerance,
  invoke: (body: string) => Promise<string>,
): Promise<string> {
  if (runtime === 'vllm') {
    const { prompts } = await promptTest(readPrompts(samples), (prompt, tokens) =>
      completeByVllm(invoke, prompt, tokens),
    );
    return `${prompts} prompts, each continued`;
  }
  const { samples: answered, maxAbsoluteDifference } = await smokeTest(
    readGolden(samples),
    runtime,
    tolerance,
    invoke,
  );
  return `${answered} samples, largest difference ${maxAbsoluteDifference}`;
}

async function headersOf(url: string, token: Options['token']): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  if (token === 'none') return headers;
  const bearer = token === 'identity' ? await identityToken(new URL(url).origin) : await accessToken();
  return { ...headers, authorization: `Bearer ${bearer}` };
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.ok) return text;
  const message = `answered ${response.status}: ${text.slice(0, 200)}`;
  const fix = 'look into the log of the endpoint; keep traffic away from it until then';
  throw new IssueError('smoke test', [issue('smoke-test-answer', url, message, fix)]);
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It is a number from 0.');
  }
  return value;
}
