import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../../lib/pipeline/definition';
import { runProgram } from '../../lib/program';
import { writeJson } from '../../lib/program/support';

const SIGNATURE = {
  inputs: { count: { dtype: 'int64', shape: ['batch', 1] } },
  outputs: { total: { dtype: 'float32', shape: ['batch', 1] } },
};

/** A verified version of `slow-model/`, whose run takes as long as its input says; without preprocessing. */
export async function makeSlowVersion(): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'slow-version-'));
  const directory = (name: string): string => {
    mkdirSync(join(work, name), { recursive: true });
    return join(work, name);
  };
  const run = (
    program: string,
    parameters: Record<string, Json>,
    inputs: Record<string, string>,
    outputs: Record<string, string>,
  ) => {
    const all = { ...outputs, metrics: directory(`${program}-metrics`) };
    return runProgram({ schemaVersion: 1, program, step: program, parameters, inputs, outputs: all });
  };
  const [model, report, version] = [directory('model'), directory('report'), directory('version')];
  const [onnx, golden] = [join(__dirname, 'slow-model', 'onnx'), join(__dirname, 'slow-model', 'golden')];
  writeJson(join(work, 'evaluation', 'metrics.json'), {});
  await run('convert', { signature: SIGNATURE, runtime: 'onnx' }, { onnx, golden }, { model });
  await run('verify', { signature: SIGNATURE }, { model }, { report });
  const evaluation = join(work, 'evaluation');
  await run('register', { pipeline: 'slow', runtime: 'onnx' }, { model, report, evaluation }, { version });
  return version;
}

/** The model's inputs for these counts, one row each. A million turns take about a second. */
export function counts(...values: number[]) {
  return { inputs: [{ name: 'count', shape: [values.length, 1], datatype: 'INT64', data: values }] };
}
