import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../lib/program';
import { SPAM_FILTER } from '../artifact/support';
import { output, registerRequest, requestOf } from './support';

test('runs the program a request names and writes its metrics', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  const metrics = await runProgram(request);
  const file = join(output(request, 'metrics'), 'metrics.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(metrics);
  expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
});

test.each(['train', 'constructor'])('refuses program "%s"', async (program) => {
  await expect(runProgram(requestOf(program, {}, {}, []))).rejects.toThrow(
    `program: got "${program}", allowed: convert, verify, register, baseline [request]`,
  );
});

test('says which directory a request lacks', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  await expect(runProgram({ ...request, inputs: {} })).rejects.toThrow('inputs.model: is missing [request]');
});
