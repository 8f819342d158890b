import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readGolden, readSignature, type VerificationReport } from '../artifact';
import { WEIGHTS_FILE } from '../artifact/manifest';
import { throwIssues } from '../issue';
import type { ArchiveEntry } from './archive';
import { tritonConfig } from './triton-config';
import { tritonConfigIssues } from './triton-config-issues';
import { tritonWarmup } from './triton-warmup';

/** What Triton wants in the directory of the model's version. */
export const SERVED_FILES: readonly string[] = ['model.onnx', WEIGHTS_FILE];

/**
 * The model repository of a version, with one entry named after the pipeline: `<pipeline>/config.pbtxt`, the
 * model in `<pipeline>/1/`, and what it is warmed up with.
 *
 * @param directory of the version
 */
export function tritonRepository(
  pipeline: string,
  directory: string,
  report: Pick<VerificationReport, 'checks'>,
): ArchiveEntry[] {
  const batchInvariant = report.checks.some(({ id, verdict }) => id === 'batch' && verdict === 'passed');
  const signature = readSignature(join(directory, 'signature.json'));
  const { config, files } = tritonWarmup(signature, readGolden(join(directory, 'golden')).samples);
  const text = tritonConfig({ name: pipeline, signature, batchInvariant, warmup: config });
  throwIssues('Triton configuration', tritonConfigIssues(text, signature));
  return [
    { path: `${pipeline}/config.pbtxt`, text },
    ...Object.entries(files).map(([name, bytes]) => ({ path: `${pipeline}/warmup/${name}`, bytes })),
    ...SERVED_FILES.filter((path) => existsSync(join(directory, path))).map((path) => ({
      path: `${pipeline}/1/${path}`,
      from: join(directory, path),
    })),
  ];
}
