import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSignature, versionId, type Runtime, type VerificationReport } from '../artifact';
import { digestDirectory, isPackageFile, writeManifest } from '../artifact/manifest';
import { readReport, reportIssues } from '../artifact/read-report';
import { IssueError, throwIssues } from '../issue';
import { writeArchive, type ArchiveEntry } from './archive';
import type { Metrics, ProgramRequest } from './contract';
import { inputOf, outputOf, parameterOf } from './support';
import { tritonConfig } from './triton-config';

const ARCHIVE = 'model.tar.gz';

/**
 * Completes a verified package to a version: report, metrics, archive for the runtime, manifest last.
 *
 * @throws IssueError when the report did not pass, or vouches for another model
 */
export async function register(request: ProgramRequest): Promise<Metrics> {
  const [pipeline, runtime] = [pipelineOf(request), runtimeOf(request)];
  const source = inputOf(request, 'model');
  const target = outputOf(request, 'version');
  const reportFile = join(inputOf(request, 'report'), 'verification.json');
  const report = readReport(reportFile);
  const files = digestDirectory(source);
  throwIssues(`version of ${pipeline}`, reportIssues(report, { file: reportFile, directory: source, files }));

  for (const path of Object.keys(files).filter(isPackageFile)) copy(join(source, path), join(target, path));
  copy(reportFile, join(target, 'verification.json'));
  copy(join(inputOf(request, 'evaluation'), 'metrics.json'), join(target, 'metrics.json'));
  const paths = Object.keys(digestDirectory(target));
  await writeArchive(join(target, ARCHIVE), entriesFor(runtime, pipeline, target, paths, report));
  writeManifest(target, { pipeline, version: versionId(files), runtime });
  return {
    model_bytes: report.model.bytes,
    archiveBytes: statSync(join(target, ARCHIVE)).size,
    files: paths.length + 1,
  };
}

/**
 * `onnx`: the files as they are. `triton`: one model repository entry named after the pipeline, alone
 * at the root, where SageMaker's Triton container looks for exactly one directory.
 */
function entriesFor(
  runtime: Runtime,
  pipeline: string,
  directory: string,
  paths: readonly string[],
  report: VerificationReport,
): ArchiveEntry[] {
  if (runtime === 'onnx') return paths.map((path) => ({ path, from: join(directory, path) }));
  const batchInvariant = report.checks.some(({ id, verdict }) => id === 'batch' && verdict === 'passed');
  const signature = readSignature(join(directory, 'signature.json'));
  const text = tritonConfig({ name: pipeline, signature, batchInvariant });
  return [
    { path: `${pipeline}/config.pbtxt`, text },
    ...paths.map((path) => ({
      path: path === 'model.onnx' ? `${pipeline}/1/model.onnx` : `${pipeline}/${path}`,
      from: join(directory, path),
    })),
  ];
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

function pipelineOf(request: ProgramRequest): string {
  const name = parameterOf(request, 'pipeline');
  if (typeof name === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(name)) return name;
  throw wrong('pipeline', name, '1 to 32 of a–z, 0–9 and -, starting with a letter');
}

function runtimeOf(request: ProgramRequest): Runtime {
  const runtime = parameterOf(request, 'runtime');
  if (runtime === 'onnx' || runtime === 'triton') return runtime;
  throw wrong('runtime', runtime, '"onnx" or "triton"');
}

function wrong(parameter: string, got: unknown, wanted: string): IssueError {
  const message = `got ${JSON.stringify(got)}, wanted ${wanted}`;
  const fix = 'write the request as docs/reference/formats.md says';
  return new IssueError('request of register', [
    { code: 'request', path: `parameters.${parameter}`, message, fix },
  ]);
}
