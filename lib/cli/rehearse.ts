import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Rehearsal as AwsRehearsal, RehearsalOptions, ScenarioResult } from '../aws/rehearsal/rehearsal';
import type { ProgramRunner } from '../aws/rehearsal/rehearsed-jobs';
import type { Rehearsal as GoogleRehearsal } from '../google/rehearsal/rehearsal';
import { runJob } from '../local/job';
import type { PipelineDefinition } from '../pipeline';
import { requirePeers } from '../require-peers';
import { findPython } from './find-python';
import { loadDefinition } from './load-definition';

interface Options {
  readonly data?: string;
  readonly python?: string;
  readonly only?: string;
  readonly modelSize?: number;
  readonly target: 'aws' | 'google';
}

type Rehearsal = AwsRehearsal | GoogleRehearsal;
type Result = Omit<ScenarioResult, 'calls'>;

/** Exit code 0: every scenario went as expected. 1: one did not. */
export function rehearseCommand(): Command {
  return new Command('rehearse')
    .description(
      "Run a definition's state machines or workflows on this machine, through success and failure.",
    )
    .argument('<definition>', 'file or directory of the definition')
    .option('--data <directory>', "raw data (default: the definition's training.data)")
    .option(
      '--python <interpreter>',
      'Python with the stage programs (default: .venv/bin/python, then python3)',
    )
    .option('--only <words>', 'scenarios whose name contains this')
    .option(
      '--model-size <MiB>',
      'AWS: modelSize of the pipeline: programs of a larger model run as jobs',
      parseMebibytes,
    )
    .addOption(
      new Option('--target <name>', 'whose orchestration is run').choices(['aws', 'google']).default('aws'),
    )
    .action(rehearse);
}

async function rehearse(
  path: string,
  { data, modelSize, only = '', python, target }: Options,
): Promise<void> {
  const definition = await loadDefinition(path);
  const logs = mkdtempSync(join(tmpdir(), 'rehearsal-logs-'));
  const rehearsal = await STAGES[target](definition, {
    data: resolve(data ?? join(definition.source, definition.training.data ?? 'data')),
    runProgram: runStageProgram(python ?? findPython(), logs),
    modelMebibytes: modelSize,
  });
  try {
    const failed = await perform(rehearsal, only);
    if (failed > 0) process.exitCode = 1;
    else rmSync(logs, { recursive: true });
  } finally {
    await rehearsal.close();
  }
}

const STAGES: Readonly<
  Record<Options['target'], (definition: PipelineDefinition, options: RehearsalOptions) => Promise<Rehearsal>>
> = {
  aws: async (definition, options) => {
    const { REHEARSAL_PACKAGES } = await import('../aws/rehearsal/packages.js');
    requirePeers('rehearse', REHEARSAL_PACKAGES);
    const { Rehearsal: Stage } = await import('../aws/rehearsal/rehearsal.js');
    return new Stage(definition, options);
  },
  google: async (definition, options) => {
    const { REHEARSAL_PACKAGES } = await import('../google/rehearsal/packages.js');
    requirePeers('rehearse', REHEARSAL_PACKAGES);
    const { Rehearsal: Stage } = await import('../google/rehearsal/rehearsal.js');
    return new Stage(definition, options);
  },
};

async function perform(rehearsal: Rehearsal, only: string): Promise<number> {
  const scenarios = rehearsal.scenarios.filter(({ name }) => name.includes(only));
  if (scenarios.length === 0) {
    const names = rehearsal.scenarios.map(({ name }) => name).join('; ');
    throw new Error(`no scenario has "${only}" in its name; there are: ${names}`);
  }
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  let failed = 0;
  for (const scenario of scenarios) {
    const result = await rehearsal.run(scenario);
    if (result.problems.length > 0) failed += 1;
    process.stdout.write(describe(result, width));
  }
  process.stdout.write(`${scenarios.length - failed} of ${scenarios.length} scenarios went as expected\n`);
  if ('unchecked' in rehearsal && rehearsal.unchecked.size > 0) {
    const names = [...rehearsal.unchecked].join(' ');
    process.stdout.write(`not held to a model of the SDK: npm install --save-dev ${names}\n`);
  }
  return failed;
}

function parseMebibytes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It is a whole number, 1 or more.');
  return value;
}

function describe({ scenario, steps, failure, problems }: Result, width: number): string {
  const outcome = failure === undefined ? 'succeeded' : `failed: ${failure.name}`;
  const row = [
    problems.length === 0 ? 'ok  ' : 'FAIL',
    scenario.name.padEnd(width),
    `${steps.at(0) ?? ''} … ${steps.slice(-3).join(' → ')}`,
    outcome,
  ];
  return [row.join('  '), ...problems.map((problem) => `      ${problem}`), ''].join('\n');
}

function runStageProgram(python: string, logs: string): ProgramRunner {
  let count = 0;
  return (request, { id, timeoutMinutes }) =>
    runJob({
      python,
      request,
      log: join(logs, `${String((count += 1)).padStart(2, '0')}-${id}.log`),
      timeoutMinutes,
      signal: new AbortController().signal,
      onProgress: (message) => process.stderr.write(`${id}: ${message}\n`),
    });
}
