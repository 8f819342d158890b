import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What SageMaker keeps of the message of a job, in bytes. */
const MESSAGE_BYTES = 1024;

/** Writes what a program answered, or the name of its failure and the cause, in as many bytes as are kept. */
export function writeAnswer(file: string, answer: unknown): void {
  const text = answer instanceof Error ? `${answer.name}: ${answer.message}` : JSON.stringify(answer);
  const bytes = Buffer.from(text).subarray(0, MESSAGE_BYTES);
  mkdirSync(dirname(file), { recursive: true });
  // The last character may be cut through; what is left must be UTF-8.
  writeFileSync(file, bytes.toString().replace(/\ufffd+$/, ''));
}
