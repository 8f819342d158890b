import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type PublicKey, readSignature, VerifiedArtifact, versionId } from '../artifact';
import { readJsonObject } from '../artifact/json-file';
import { digestDirectory } from '../artifact/manifest';
import { provenanceIssues } from '../artifact/provenance/verify-signature';
import { readReport, reportIssues } from '../artifact/read-report';
import { issue, IssueError, throwIssues } from '../issue';
import type { ServedModel } from './served-model';

export interface FindModelOptions {
  /** Name of the model in responses. @default - the pipeline's; "model" for an unpacked archive */
  readonly name?: string;
  /** The version that must be found, 12 hexadecimal digits. @default - whichever is there */
  readonly version?: string;
  /** Key whose holder must have signed the model, as PEM. @default - a signature is not asked for */
  readonly publicKey?: PublicKey;
}

/**
 * Finds the model a directory stands for: the live version of a store, a version, or an unpacked
 * `model.tar.gz`, which has no manifest.
 *
 * @throws IssueError when there is none, it is not verified or not signed, or it is another version
 */
export function findModel(
  directory: string,
  { name, version, publicKey }: FindModelOptions = {},
): ServedModel {
  const model = readModel(resolve(directory), publicKey);
  if (version !== undefined && version !== model.version) {
    throw modelError(
      'version-other',
      directory,
      `holds version ${model.version}, not ${version}`,
      'correct the directory or the version',
    );
  }
  return name === undefined ? model : { ...model, pipeline: name };
}

function readModel(directory: string, publicKey: PublicKey | undefined): ServedModel {
  if (['releases', 'models'].some((folder) => existsSync(join(directory, folder)))) {
    const version = join(directory, 'models', liveVersion(directory));
    return VerifiedArtifact.fromDirectory(version, { publicKey });
  }
  const unpacked = existsSync(join(directory, 'model.onnx')) && !existsSync(join(directory, 'manifest.json'));
  return unpacked
    ? readUnpacked(directory, publicKey)
    : VerifiedArtifact.fromDirectory(directory, { publicKey });
}

function liveVersion(store: string): string {
  const file = join(store, 'releases', 'live.json');
  const fix = `release a version, or serve one: ${join(store, 'models', '<version>')}`;
  const { version } = readJsonObject(file, 'live version', fix);
  if (typeof version === 'string' && /^[0-9a-f]{12}$/.test(version)) return version;
  throw modelError('version-live', file, 'names no version', fix);
}

/** The version id covers what the manifest would: it is the digest over all files of the package. */
function readUnpacked(directory: string, publicKey: PublicKey | undefined): ServedModel {
  const files = digestDirectory(directory);
  const file = join(directory, 'verification.json');
  const report = readReport(file);
  const digests = Object.entries(files).map(([path, { sha256 }]) => [path, sha256] as const);
  throwIssues(`model ${directory}`, [
    ...reportIssues(report, { file, directory, files }),
    ...(publicKey === undefined ? [] : provenanceIssues(directory, publicKey, Object.fromEntries(digests))),
  ]);
  return {
    directory,
    pipeline: 'model',
    version: versionId(files),
    digest: report.model.sha256,
    signature: readSignature(join(directory, 'signature.json')),
    report,
  };
}

function modelError(code: string, path: string, message: string, fix: string): IssueError {
  return new IssueError('model', [issue(code, path, message, fix)]);
}
