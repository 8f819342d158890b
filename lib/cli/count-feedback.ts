import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { countNewSamples } from '../feedback/count-new-samples';

interface Options {
  readonly pipeline: string;
  readonly since: Date;
  readonly atLeast: number;
  readonly into: string;
}

/** Exit code 0: they were counted, and where there are enough, the file says so. */
export function countFeedbackCommand(): Command {
  return new Command('count-feedback')
    .description('Count labelled samples that came back since a time; where there are enough, write a file.')
    .argument('<directory>', 'files of JSON lines, {"input": {…}, "label": number}')
    .requiredOption('--pipeline <name>', 'for the log')
    .requiredOption('--since <time>', 'of the last run: 2026-11-23T10:00:00Z', parseTime)
    .requiredOption('--at-least <number>', 'samples that are enough', parseCount)
    .requiredOption('--into <directory>', 'takes feedback.json where there are enough')
    .action(count);
}

function count(directory: string, { atLeast, into, pipeline, since }: Options): void {
  const newSamples = countNewSamples(directory, since);
  // As Cloud Logging reads it: an entry with these fields.
  const entry = { severity: 'INFO', event: 'feedback-counted', pipeline, newSamples };
  process.stdout.write(`${JSON.stringify(entry)}\n`);
  const file = join(into, 'feedback.json');
  // Nothing in a store is replaced: what an earlier look wrote says the same.
  if (newSamples < atLeast || existsSync(file)) return;
  mkdirSync(into, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ newSamples })}\n`);
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('It is a time, as 2026-11-23T10:00:00Z.');
  return time;
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is an integer from 1 up.');
  return value;
}
