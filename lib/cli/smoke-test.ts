import { Command, InvalidArgumentError, Option } from 'commander';
import { readGolden } from '../artifact';
import { issue, IssueError } from '../issue';
import type { Tolerance } from '../pipeline';
import { smokeTest } from '../serving/smoke-test';
import { accessToken, identityToken } from './google-token';

/** How long an endpoint may take for one sample; one that scales from zero starts first. */
const TIMEOUT_MS = 120_000;

interface Options {
  readonly url: string;
  readonly runtime: 'onnx' | 'triton';
  readonly absolute?: number;
  readonly relative?: number;
  readonly token: 'none' | 'identity' | 'access';
}

export function smokeTestCommand(): Command {
  return new Command('smoke-test')
    .description('Ask a live endpoint for every golden sample; an answer that differs is an error.')
    .argument('<golden>', 'directory with the golden samples of the version')
    .requiredOption('--url <url>', 'where requests are posted: https://…/invocations')
    .addOption(new Option('--runtime <name>', 'what serves').choices(['onnx', 'triton']).default('onnx'))
    .option('--absolute <number>', 'accepted absolute difference', parseNumber)
    .option('--relative <number>', 'accepted relative difference', parseNumber)
    .addOption(
      new Option('--token <kind>', 'what requests carry: a token of this account on Google Cloud')
        .choices(['none', 'identity', 'access'])
        .default('none'),
    )
    .action(async (directory: string, { absolute, relative, runtime, token, url }: Options) => {
      const tolerance: Tolerance = {
        ...(absolute !== undefined && { absolute }),
        ...(relative !== undefined && { relative }),
      };
      const headers = await headersOf(url, token);
      const { samples, maxAbsoluteDifference } = await smokeTest(
        readGolden(directory),
        runtime,
        tolerance,
        (body) => post(url, headers, body),
      );
      process.stdout.write(`${samples} samples, largest difference ${maxAbsoluteDifference}\n`);
    });
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
