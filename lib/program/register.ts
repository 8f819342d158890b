import { copyFileSync, cpSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSignature, versionId, type Runtime } from '../artifact';
import { digestDirectory, isPackageFile, SIGNATURE_FILE } from '../artifact/manifest';
import { modelBom } from '../artifact/provenance/ml-bom';
import { signDigests } from '../artifact/provenance/sign';
import { readReport, reportIssues } from '../artifact/read-report';
import { IssueError, throwIssues } from '../issue';
import type { ServingRuntime } from '../pipeline/definition';
import { type ArchiveEntry, writeArchive, writeEntries } from './archive';
import type { Metrics, ProgramRequest, ProgramServices } from './contract';
import { readMetrics } from './metrics';
import { registerLanguageModel } from './register-language-model';
import { sealVersion, sha256Of } from './seal-version';
import { inputOf, outputOf, parameterOf, writeJson } from './support';
import { SERVED_FILES, tritonRepository } from './triton-repository';

const ARCHIVE = 'model.tar.gz';
const BOM = 'bom.json';
/** The model repository of a version for Triton, as servers take it that read a directory. */
const REPOSITORY = 'triton';

/**
 * Completes a verified package to a version: report, metrics, bill of materials, archive for the
 * runtime, for Triton its model repository as well, signature, and the manifest last. The archive is signed inside as well, since the server
 * sees nothing else of the version.
 *
 * @throws IssueError when the report did not pass, or vouches for another model
 */
export async function register(request: ProgramRequest, { signer }: ProgramServices = {}): Promise<Metrics> {
  const [pipeline, runtime] = [pipelineOf(request), runtimeOf(request)];
  if (runtime === 'vllm') return registerLanguageModel(request, pipeline, signer);
  const source = inputOf(request, 'model');
  const target = outputOf(request, 'version');
  const reportFile = join(inputOf(request, 'report'), 'verification.json');
  const report = readReport(reportFile);
  const files = digestDirectory(source);
  throwIssues(`version of ${pipeline}`, reportIssues(report, { file: reportFile, directory: source, files }));

  for (const path of Object.keys(files).filter(isPackageFile)) copy(join(source, path), join(target, path));
  copy(reportFile, join(target, 'verification.json'));
  copy(join(inputOf(request, 'evaluation'), 'metrics.json'), join(target, 'metrics.json'));
  const version = versionId(files);
  const signature = readSignature(join(target, 'signature.json'));
  const metrics = readMetrics(target);
  writeJson(
    join(target, BOM),
    modelBom({ pipeline, version, files: digestDirectory(target), signature, report, metrics }),
  );
  const packed = digestDirectory(target);
  const repository = runtime === 'triton' ? tritonRepository(pipeline, target, report) : [];
  const entries = entriesFor(runtime, pipeline, target, Object.keys(packed), repository);
  if (signer && runtime === 'onnx') {
    entries.push({ path: SIGNATURE_FILE, text: await signDigests(pipeline, sha256Of(packed), signer) });
  }
  await writeArchive(join(target, ARCHIVE), entries);
  writeEntries(join(target, REPOSITORY), repository);
  // What a later training starts from; no server needs it.
  const { weights } = request.inputs;
  if (weights !== undefined) cpSync(weights, join(target, 'weights'), { recursive: true });

  await sealVersion(target, { pipeline, version, runtime }, digestDirectory(target), signer);
  return {
    model_bytes: report.model.externalData.reduce((sum, { bytes }) => sum + bytes, report.model.bytes),
    archiveBytes: statSync(join(target, ARCHIVE)).size,
    files: Object.keys(packed).length + 1,
  };
}

/**
 * `onnx`: the files as they are. `triton`: one model repository entry named after the pipeline, alone at the
 * root, where SageMaker's Triton container looks for exactly one directory; the other files go with it.
 */
function entriesFor(
  runtime: Runtime,
  pipeline: string,
  directory: string,
  paths: readonly string[],
  repository: readonly ArchiveEntry[],
): ArchiveEntry[] {
  const entries = paths.map((path) => ({ path, from: join(directory, path) }));
  if (runtime === 'onnx') return entries;
  const others = entries.filter(({ path }) => !SERVED_FILES.includes(path));
  return [...repository, ...others.map((entry) => ({ ...entry, path: `${pipeline}/${entry.path}` }))];
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

function runtimeOf(request: ProgramRequest): ServingRuntime {
  const runtime = parameterOf(request, 'runtime');
  if (runtime === 'onnx' || runtime === 'triton' || runtime === 'vllm') return runtime;
  throw wrong('runtime', runtime, '"onnx", "triton" or "vllm"');
}

function wrong(parameter: string, got: unknown, wanted: string): IssueError {
  const message = `got ${JSON.stringify(got)}, wanted ${wanted}`;
  const fix = 'write the request as docs/reference/formats.md says';
  return new IssueError('request of register', [
    { code: 'request', path: `parameters.${parameter}`, message, fix },
  ]);
}
