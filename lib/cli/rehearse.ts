import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { RehearsalOptions } from '../aws/rehearsal/rehearsal';
import type { ProgramRunner } from '../aws/rehearsal/rehearsed-jobs';
import { runJob } from '../local/job';
import type { PipelineDefinition } from '../pipeline';
import { requirePeers } from '../require-peers';
import { findPython } from './find-python';
import { loadDefinition } from './load-definition';
import { RehearsalTable, type Rehearsed, type RehearsedScenario } from './rehearsal-table';

interface Options {
  readonly data?: string;
  readonly python?: string;
  readonly only?: string;
  readonly modelSize?: number;
  readonly target: 'aws' | 'google';
}

/** What runs scenarios, on any target. */
interface Rehearsal<S extends RehearsedScenario> {
  readonly scenarios: readonly S[];
  /** Packages without which calls of a service could not be checked. */
  readonly unchecked?: ReadonlySet<string>;
  run(scenario: S): Promise<Rehearsed>;
  close(): Promise<void>;
}

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
  const options = {
    data: resolve(data ?? join(definition.source, definition.training.data ?? 'data')),
    runProgram: runStageProgram(findPython(python), logs),
    modelMebibytes: modelSize,
  };
  const failed = await STAGES[target](definition, options, only);
  if (failed > 0) process.exitCode = 1;
  else rmSync(logs, { recursive: true });
}

const STAGES: Readonly<
  Record<
    Options['target'],
    (definition: PipelineDefinition, options: RehearsalOptions, only: string) => Promise<number>
  >
> = {
  aws: async (definition, options, only) => {
    const { REHEARSAL_PACKAGES } = await import('../aws/rehearsal/packages.js');
    requirePeers('rehearse', REHEARSAL_PACKAGES);
    const { Rehearsal: Stage } = await import('../aws/rehearsal/rehearsal.js');
    return perform(new Stage(definition, options), only);
  },
  google: async (definition, options, only) => {
    const { REHEARSAL_PACKAGES } = await import('../google/rehearsal/packages.js');
    requirePeers('rehearse', REHEARSAL_PACKAGES);
    const { Rehearsal: Stage } = await import('../google/rehearsal/rehearsal.js');
    return perform(new Stage(definition, options), only);
  },
};

/** @returns how many scenarios did not go as expected */
async function perform<S extends RehearsedScenario>(rehearsal: Rehearsal<S>, only: string): Promise<number> {
  try {
    return await performAll(rehearsal, only);
  } finally {
    await rehearsal.close();
  }
}

async function performAll<S extends RehearsedScenario>(
  rehearsal: Rehearsal<S>,
  only: string,
): Promise<number> {
  const scenarios = rehearsal.scenarios.filter(({ name }) => name.includes(only));
  if (scenarios.length === 0) {
    const names = rehearsal.scenarios.map(({ name }) => name).join('; ');
    throw new Error(`no scenario has "${only}" in its name; there are: ${names}`);
  }
  const table = new RehearsalTable(scenarios);
  process.stdout.write(table.header);
  let failed = 0;
  for (const scenario of scenarios) {
    const result = await rehearsal.run(scenario);
    if (result.problems.length > 0) failed += 1;
    process.stdout.write(table.row(result));
  }
  process.stdout.write(`${scenarios.length - failed} of ${scenarios.length} scenarios went as expected\n`);
  const unchecked = [...(rehearsal.unchecked ?? [])];
  if (unchecked.length > 0) {
    process.stdout.write(`not held to a model of the SDK: npm install --save-dev ${unchecked.join(' ')}\n`);
  }
  return failed;
}

function parseMebibytes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It is a whole number, 1 or more.');
  return value;
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
