import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { IssueError } from '../issue';
import type { Json } from '../pipeline/definition';
import type { ProgramRequest } from './contract';

/** @throws IssueError when the request does not name the directory */
export function inputOf({ program, inputs }: ProgramRequest, name: string): string {
  return inputs[name] ?? missing(program, `inputs.${name}`);
}

/** @throws IssueError when the request does not name the directory */
export function outputOf({ program, outputs }: ProgramRequest, name: string): string {
  return outputs[name] ?? missing(program, `outputs.${name}`);
}

/** @throws IssueError when the parameter is absent */
export function parameterOf({ program, parameters }: ProgramRequest, name: string): Json {
  return parameters[name] ?? missing(program, `parameters.${name}`);
}

/** Writes JSON as every file between programs is written: two spaces, a newline at the end. */
export function writeJson(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

function missing(program: string, path: string): never {
  const fix = 'write the request as docs/reference/formats.md says';
  throw new IssueError(`request of ${program}`, [{ code: 'request', path, message: 'is missing', fix }]);
}
