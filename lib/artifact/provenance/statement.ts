import { createHash } from 'node:crypto';
import { z } from 'zod';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file's path inside the directory: no way out of it, no second spelling of the same file. */
const path = z.string().refine((name) => {
  return (
    name.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !name.includes('\\')
  );
}, 'leaves the directory');

/** What is signed: an in-toto statement with the predicate of OpenSSF Model Signing 1.0. */
export const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.tuple([z.object({ name: z.string(), digest: z.object({ sha256 }) })]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({
      method: z.literal('files'),
      hash_type: z.literal('sha256'),
      allow_symlinks: z.literal(false),
      ignore_paths: z.array(z.string()).optional(),
    }),
    resources: z.array(z.object({ name: path, algorithm: z.literal('sha256'), digest: sha256 })).min(1),
  }),
});
export type Statement = z.infer<typeof statementSchema>;

/** SHA-256 of each file, by its path in the directory. */
export type Digests = Readonly<Record<string, string>>;

/** @param ignored the paths that are in the directory and not signed, the signature itself above all */
export function makeStatement(name: string, digests: Digests, ignored: readonly string[]): Statement {
  const resources = Object.entries(digests)
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, digest]) => ({ name: path, algorithm: 'sha256' as const, digest }));
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: rootDigest(resources) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: [...ignored],
      },
      resources,
    },
  };
}

/** SHA-256 over the digests themselves, in the order they are listed. */
export function rootDigest(resources: readonly { readonly digest: string }[]): string {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(Buffer.from(digest, 'hex'));
  return hash.digest('hex');
}

/** Folder by folder: `a/b` comes before `a.b`. */
function comparePaths(a: string, b: string): number {
  const [first, second] = [a.split('/'), b.split('/')];
  const at = first.findIndex((part, index) => part !== second[index]);
  if (at === -1) return first.length - second.length;
  const other = second[at];
  return other === undefined || (first[at] ?? '') > other ? 1 : -1;
}
