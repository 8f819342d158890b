import { join } from 'node:path';
import { IssueError } from '../issue';
import { baseline } from './baseline';
import type { Metrics, ProgramRequest, ProgramServices } from './contract';
import { convert } from './convert';
import { register } from './register';
import { outputOf, writeJson } from './support';
import { verify } from './verify';

export type { Baseline } from './baseline';
export type { Metrics, ProgramRequest, ProgramServices } from './contract';
export { readMetrics } from './metrics';
export { baseline, convert, register, verify };

const PROGRAMS: Readonly<
  Record<string, (request: ProgramRequest, services: ProgramServices) => Promise<Metrics>>
> = {
  convert,
  verify,
  register,
  baseline,
};

/**
 * Runs the artifact program a request names and writes its `metrics.json`.
 *
 * @throws IssueError when there is no such program, or when it fails
 */
export async function runProgram(request: ProgramRequest, services: ProgramServices = {}): Promise<Metrics> {
  const program = Object.hasOwn(PROGRAMS, request.program) ? PROGRAMS[request.program] : undefined;
  if (!program) {
    const message = `got "${request.program}", allowed: ${Object.keys(PROGRAMS).join(', ')}`;
    const fix = 'run stage programs with `python -m model_pipeline`';
    throw new IssueError('request', [{ code: 'request', path: 'program', message, fix }]);
  }
  const metrics = await program(request, services);
  writeJson(join(outputOf(request, 'metrics'), 'metrics.json'), metrics);
  return metrics;
}
