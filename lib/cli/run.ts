import { join, relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { runPipeline, type RunResult } from '../local';
import { findPython } from './find-python';
import { loadDefinition } from './load-definition';
import { createProgress } from './run-progress';

interface Options {
  readonly store?: string;
  readonly data?: string;
  readonly python?: string;
  readonly approve?: true;
}

export function runCommand(): Command {
  return new Command('run')
    .description('Take a definition through all five stages on this machine.')
    .argument('<definition>', 'file or directory of the definition')
    .option('--store <directory>', 'artifact store (default: .model-pipeline/<pipeline>)')
    .option('--data <directory>', "raw data (default: the definition's training.data)")
    .option(
      '--python <interpreter>',
      'Python with the stage programs (default: .venv/bin/python, then python3)',
    )
    .option('--approve', 'approve the version where the definition asks a person to')
    .action(run);
}

async function run(path: string, { store, data, python, approve }: Options): Promise<void> {
  const definition = await loadDefinition(path);
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
  });
  process.once('SIGTERM', () => {
    interruption.abort();
  });
  const result = await runPipeline(definition, {
    store,
    data,
    python: findPython(python),
    signal: interruption.signal,
    approve: approve === true ? () => Promise.resolve(true) : askForApproval,
    onEvent: createProgress(process.stdout, process.stdout.isTTY && !process.env.NO_COLOR),
  });
  if (interruption.signal.aborted) {
    process.stderr.write('interrupted; run the same command again to go on from here\n');
    process.exitCode = 130;
  } else if (result.failure !== undefined) {
    const [cause = ''] = result.failure.message.split('\n');
    process.stderr.write(`run ${result.run} failed: ${cause}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(summary(result));
  }
}

async function askForApproval(version: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`\nRelease version ${version}? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function summary({ store, steps }: RunResult): string {
  const root = relative('', store.root) || '.';
  const { version = '', serveWith } = steps.find(({ step }) => step === 'release')?.result ?? {};
  if (serveWith !== undefined) {
    return [
      `NOT SERVED: version ${version}, verified, in ${join(root, 'models', version)}`,
      `serve it on a machine with a GPU: ${serveWith}`,
      'or in a cloud: deploy the definition with ModelPipeline of cdk-model-pipeline/aws or cdk-model-pipeline/google',
      '',
    ].join('\n');
  }
  return [
    `live: version ${store.liveVersion() ?? ''}, verified, in ${join(root, 'models', store.liveVersion() ?? '')}`,
    `serve it: npx model-pipeline serve ${root}`,
    '',
  ].join('\n');
}
