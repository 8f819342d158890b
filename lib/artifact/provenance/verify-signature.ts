import { verify } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { IssueError, issue, throwIssues, type Issue } from '../../issue';
import { attempt, readJsonObject } from '../json-file';
import { SIGNATURE_FILE } from '../manifest';
import { bundleSchema, preAuthenticationEncoding } from './bundle';
import { hashOf, keyHint, parsePublicKey, type PublicKey } from './keys';
import { rootDigest, statementSchema, type Digests, type Statement } from './statement';

/** Left out of a signature by the reference implementation; nothing here reads them. */
const GIT_PATHS = ['.git', '.gitattributes', '.github', '.gitignore'];

const SIGN = 'sign it with `model-pipeline sign <directory>`';

/**
 * Why a directory is not what the holder of the key signed: no signature, one of another key, one that
 * does not hold, or other files than those signed.
 *
 * @param digests of every file that is there, but the signature
 */
export function provenanceIssues(directory: string, publicKey: PublicKey, digests: Digests): Issue[] {
  const issues: Issue[] = [];
  const statement = attempt(issues, () => readStatement(directory, publicKey));
  return statement ? fileIssues(directory, statement, digests) : issues;
}

/**
 * What the holder of the key signed of a directory.
 *
 * @throws IssueError when there is no signature, or none of this key that holds
 */
export function readStatement(directory: string, publicKey: PublicKey): Statement {
  const file = join(directory, SIGNATURE_FILE);
  if (!existsSync(file)) throw failure('provenance-missing', file, 'does not exist: nobody signed', SIGN);
  const bundle = parse(bundleSchema, readJsonObject(file, 'signature', SIGN), file);
  const key = parsePublicKey(publicKey);
  const { hint } = bundle.verificationMaterial.publicKey;
  if (hint !== undefined && hint !== '' && hint !== keyHint(key)) {
    const fix = 'give the public key of whoever signed it, or have it signed by the right one';
    throw failure('provenance-key', file, `is of the key ${hint}, not of ${keyHint(key)}`, fix);
  }
  const { payload, signatures } = bundle.dsseEnvelope;
  const bytes = Buffer.from(payload, 'base64');
  const signature = Buffer.from(signatures[0].sig, 'base64');
  if (!verify(hashOf(key), preAuthenticationEncoding(bytes), key, signature)) {
    const fix = 'do not use it: it was changed after it was signed, or signed with another key';
    throw failure('provenance-invalid', file, 'does not hold for the key', fix);
  }
  return parseStatement(bytes, file);
}

function parseStatement(bytes: Buffer, file: string): Statement {
  const statement = parse(statementSchema, parseJson(bytes.toString('utf8')), file);
  const { resources } = statement.predicate;
  if (rootDigest(resources) !== statement.subject[0].digest.sha256) {
    throw broken(file, 'has a root digest that its files do not make');
  }
  if (new Set(resources.map(({ name }) => name)).size < resources.length) {
    throw broken(file, 'lists a file twice');
  }
  return statement;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse<T>(schema: z.ZodType<T>, json: unknown, file: string): T {
  const { data, error } = schema.safeParse(json);
  const [problem] = error?.issues ?? [];
  if (problem) {
    throw broken(
      file,
      `is not an OpenSSF Model Signing signature: ${problem.path.join('.')}: ${problem.message}`,
    );
  }
  return data as T;
}

function fileIssues(directory: string, { predicate }: Statement, digests: Digests): Issue[] {
  const { resources, serialization } = predicate;
  const signed = new Map(resources.map(({ name, digest }) => [name, digest]));
  const ignored = (serialization.ignore_paths ?? []).filter((path) => GIT_PATHS.includes(path));
  const isIgnored = (path: string) => ignored.some((root) => path === root || path.startsWith(`${root}/`));
  const fix = `make the directory again, or ${SIGN} after you looked at it`;
  const difference = (code: string, path: string, message: string) =>
    issue(code, join(directory, path), message, fix);
  return [
    ...[...signed].flatMap(([path, digest]) => {
      if (!Object.hasOwn(digests, path)) {
        return [difference('provenance-file-missing', path, 'was signed but does not exist')];
      }
      if (digests[path] === digest) return [];
      return [difference('provenance-file-changed', path, 'was changed after it was signed')];
    }),
    ...Object.keys(digests)
      .filter((path) => !signed.has(path) && !isIgnored(path))
      .map((path) => difference('provenance-file-unsigned', path, 'is not part of what was signed')),
  ];
}

/** @throws IssueError with everything that differs from what was signed */
export function demandProvenance(directory: string, publicKey: PublicKey, digests: Digests): void {
  throwIssues(`signature of ${directory}`, provenanceIssues(directory, publicKey, digests));
}

function broken(path: string, message: string): IssueError {
  return failure('provenance-broken', path, message, SIGN);
}

function failure(code: string, path: string, message: string, fix: string): IssueError {
  return new IssueError('signature', [issue(code, path, message, fix)]);
}
