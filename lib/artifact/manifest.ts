import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { throwIssues, type Issue } from '../issue';
import type { ServingRuntime } from '../pipeline/definition';
import { sha256File } from './digest';
import { isObject, readJsonObject, type JsonObject } from './json-file';

/**
 * `manifest.json`: every file of a version but itself and the signature over all of them. A version
 * exists once its manifest does.
 */
export interface Manifest {
  readonly schemaVersion: 1;
  readonly pipeline: string;
  readonly version: string;
  /** `vllm`: a language model; the others: an ONNX model. */
  readonly runtime: ServingRuntime;
  /** Of a language model, as `modelDigest` has it: for readers that cannot hash. */
  readonly modelDigest?: string;
  /** By path relative to the version directory, with `/`. */
  readonly files: Readonly<Record<string, FileDigest>>;
}

/** What serves an ONNX model. */
export type Runtime = Exclude<ServingRuntime, 'vllm'>;

export interface FileDigest {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

export const MANIFEST_FILE = 'manifest.json';

/** The OpenSSF Model Signing signature of a directory, over every other file of it. */
export const SIGNATURE_FILE = 'model.sig';

/** Holds the weights of a `model.onnx` that would be too large with them. */
export const WEIGHTS_FILE = 'model.onnx.data';

const PACKAGE_FILES = ['model.onnx', WEIGHTS_FILE, 'signature.json'];

/** The directory of a version that holds a language model as Hugging Face lays it out. */
export const LANGUAGE_MODEL_DIRECTORY = 'model';

const REQUIRED_FILES = ['signature.json', 'verification.json'];
const REQUIRED_OF_ONNX = ['model.onnx', 'model.tar.gz'];
const REQUIRED_OF_LANGUAGE_MODEL = [`${LANGUAGE_MODEL_DIRECTORY}/config.json`, 'prompts.json'];
const RUNTIMES: readonly unknown[] = ['onnx', 'triton', 'vllm'] satisfies ServingRuntime[];

const FIX = 'make the version again with `model-pipeline run <example>`';

/**
 * Digests of all files of a directory and below, but its manifest and signature, sorted by path.
 *
 * @param known digests of files that were read already, by path
 * @throws IssueError when the directory holds anything but plain files, such as links
 */
export function digestDirectory(
  directory: string,
  known: Readonly<Record<string, FileDigest>> = {},
): Record<string, FileDigest> {
  const paths = listFiles(directory).filter((path) => path !== MANIFEST_FILE && path !== SIGNATURE_FILE);
  return Object.fromEntries(paths.map((path) => [path, known[path] ?? digestOf(join(directory, path))]));
}

/**
 * Digests of what a version's signature is over: its files and the manifest, which does not list itself.
 *
 * @param files digests of the files, as `digestDirectory` gives them
 */
export function signedDigests(
  directory: string,
  files: Readonly<Record<string, FileDigest>>,
): Record<string, string> {
  const manifest = join(directory, MANIFEST_FILE);
  const digests = Object.entries(files).map(([path, { sha256 }]) => [path, sha256] as const);
  return Object.fromEntries(
    existsSync(manifest) ? [...digests, [MANIFEST_FILE, sha256File(manifest)]] : digests,
  );
}

/** Whether a file is the model or tells how to call it; its digest then is part of the version's id. */
export function isPackageFile(path: string): boolean {
  return PACKAGE_FILES.includes(path) || /^(preprocessing|golden|model)\//.test(path);
}

/**
 * Id of a version: 12 hexadecimal digits of the SHA-256 over the lines `<sha256>  <path>`, sorted by
 * path, of the model and what tells how to call it: what `sha256sum` prints for these files.
 */
export function versionId(files: Readonly<Record<string, FileDigest>>): string {
  const lines = Object.entries(files)
    .filter(([path]) => isPackageFile(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { sha256 }]) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 12);
}

/** The text of a version's `manifest.json`, over digests of every other file. */
export function renderManifest(
  about: Omit<Manifest, 'schemaVersion' | 'files'>,
  files: Manifest['files'],
): string {
  const manifest: Manifest = { schemaVersion: 1, ...about, files };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** @throws IssueError with everything that is wrong with `manifest.json` itself */
export function readManifest(directory: string): Manifest {
  const file = join(directory, MANIFEST_FILE);
  const json = readJsonObject(file, 'manifest', FIX);
  throwIssues('manifest', formIssues(json, file));
  return json as unknown as Manifest;
}

/** How the files that are there differ from a version's manifest: missing, changed, extra, another id. */
export function manifestIssues(
  directory: string,
  manifest: Manifest,
  actual: Readonly<Record<string, FileDigest>>,
): Issue[] {
  const issue = (code: string, path: string, message: string): Issue => ({
    code,
    path: join(directory, path),
    message,
    fix: FIX,
  });
  const required = manifest.runtime === 'vllm' ? REQUIRED_OF_LANGUAGE_MODEL : REQUIRED_OF_ONNX;
  const unlisted = [...required, ...REQUIRED_FILES].filter((path) => !Object.hasOwn(manifest.files, path));
  const listed = Object.entries(manifest.files).flatMap(([path, { sha256 }]) => {
    if (!Object.hasOwn(actual, path))
      return [issue('file-missing', path, 'is in the manifest but does not exist')];
    if (actual[path]?.sha256 === sha256) return [];
    return [issue('file-changed', path, 'was changed after the version was registered')];
  });
  const extra = Object.keys(actual).filter((path) => !Object.hasOwn(manifest.files, path));
  const id = versionId(manifest.files);
  return [
    ...unlisted.map((path) => issue('file-missing', path, 'is not in the manifest')),
    ...listed,
    ...extra.map((path) => issue('file-extra', path, 'is not part of the registered version')),
    ...(id === manifest.version
      ? []
      : [issue('version-id', MANIFEST_FILE, `names version ${manifest.version}; its files make ${id}`)]),
  ];
}

/**
 * Paths of all files below a directory, relative to it, with `/`.
 *
 * @throws IssueError when it holds anything but plain files, such as links
 */
export function listFiles(directory: string, below = ''): string[] {
  const entries = readdirSync(join(directory, below), { withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(directory, path);
    if (!entry.isFile()) {
      const message = 'is neither a file nor a directory';
      throwIssues('directory', [{ code: 'file-kind', path: join(directory, path), message, fix: FIX }]);
    }
    return [path];
  });
  return paths.sort((a, b) => (a < b ? -1 : 1));
}

function digestOf(file: string): FileDigest {
  return { sha256: sha256File(file), bytes: statSync(file).size };
}

function formIssues({ schemaVersion, pipeline, version, runtime, files }: JsonObject, file: string): Issue[] {
  const checks: readonly (readonly [field: string, got: unknown, fine: boolean, wanted: string])[] = [
    ['schemaVersion', schemaVersion, schemaVersion === 1, '1'],
    ['pipeline', pipeline, typeof pipeline === 'string', 'a string'],
    ['version', version, /^[0-9a-f]{12}$/.test(String(version)), '12 hexadecimal digits'],
    ['runtime', runtime, RUNTIMES.includes(runtime), '"onnx", "triton" or "vllm"'],
    ['files', files, isObject(files) && Object.values(files).every(isDigest), 'digests by path'],
  ];
  return checks
    .filter(([, , fine]) => !fine)
    .map(([field, got, , wanted]) => ({
      code: 'manifest',
      path: `${file}: ${field}`,
      message: `got ${got === undefined ? 'nothing' : JSON.stringify(got)}, wanted ${wanted}`,
      fix: FIX,
    }));
}

function isDigest(value: unknown): boolean {
  return isObject(value) && typeof value.sha256 === 'string' && typeof value.bytes === 'number';
}
