import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySigner, signDirectory, type Signer } from '../../../lib/artifact';
import { preAuthenticationEncoding } from '../../../lib/artifact/provenance/bundle';
import { makeStatement, rootDigest } from '../../../lib/artifact/provenance/statement';
import { provenanceIssues } from '../../../lib/artifact/provenance/verify-signature';
import { temporaryDirectory } from '../support';
import { digestsOf, keyPair, SIGNED } from './support';

const OWNER = keyPair();

interface Envelope {
  mediaType: string;
  verificationMaterial: { publicKey: { hint?: string } };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid?: string }[] };
}

function filesToSign(): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a'));
  writeFileSync(join(directory, 'a', 'b'), 'x');
  writeFileSync(join(directory, 'a.b'), 'y');
  writeFileSync(join(directory, 'model.onnx'), 'z');
  return directory;
}

async function signedDirectory(signer: Signer = keySigner(OWNER.privatePem)): Promise<string> {
  const directory = filesToSign();
  await signDirectory(directory, signer);
  return directory;
}

const envelopeOf = (directory: string) =>
  JSON.parse(readFileSync(join(directory, 'model.sig'), 'utf8')) as Envelope;

function changeEnvelope(directory: string, change: (envelope: Envelope) => void): void {
  const envelope = envelopeOf(directory);
  change(envelope);
  writeFileSync(join(directory, 'model.sig'), JSON.stringify(envelope));
}

function found(directory: string, publicPem = OWNER.publicPem): string[] {
  return provenanceIssues(directory, publicPem, digestsOf(directory)).map(
    ({ code, path, message }) => `${code} ${path.slice(directory.length + 1)}: ${message}`,
  );
}

/** A signature over any statement: what only the holder of the key can make. */
async function signedStatement(change: (statement: Record<string, unknown>) => unknown): Promise<string> {
  const directory = filesToSign();
  const statement = makeStatement('it', digestsOf(directory), []) as unknown as Record<string, unknown>;
  const payload = Buffer.from(JSON.stringify(change(structuredClone(statement))));
  await signDirectory(directory, keySigner(OWNER.privatePem));
  const signature = await keySigner(OWNER.privatePem).sign(preAuthenticationEncoding(payload));
  changeEnvelope(directory, ({ dsseEnvelope }) => {
    dsseEnvelope.payload = payload.toString('base64');
    dsseEnvelope.signatures = [{ sig: Buffer.from(signature).toString('base64') }];
  });
  return directory;
}

test.each(['P-256', 'P-384', 'P-521'])('what a key of %s signed holds for its public half', async (curve) => {
  const { privatePem, publicPem } = keyPair(curve);
  expect(found(await signedDirectory(keySigner(privatePem)), publicPem)).toEqual([]);
});

test.each(['p256', 'p384', 'p521'])('accepts what the reference implementation signed with %s', (name) => {
  const publicPem = readFileSync(join(SIGNED, `${name}.pub`), 'utf8');
  expect(found(join(SIGNED, name), publicPem)).toEqual([]);
});

test('the bundle has the form that the reference implementation writes', async () => {
  const [ours, theirs] = [envelopeOf(await signedDirectory()), envelopeOf(join(SIGNED, 'p256'))];
  const statementOf = ({ dsseEnvelope }: Envelope) =>
    JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as ReturnType<typeof makeStatement>;
  const shapeOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return [shapeOf(value[0])];
    if (typeof value !== 'object' || value === null) return typeof value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, content]) => [key, shapeOf(content)]),
    );
  };
  const constants = ({ mediaType, dsseEnvelope: { payloadType } }: Envelope) => [mediaType, payloadType];
  expect(constants(ours)).toEqual(constants(theirs));
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  expect(shapeOf(statementOf(ours))).toEqual(shapeOf(statementOf(theirs)));
  expect(statementOf(ours)._type).toBe(statementOf(theirs)._type);
  expect(statementOf(ours).predicateType).toBe(statementOf(theirs).predicateType);
});

test('files are listed folder by folder, and the root digest is over theirs in that order', async () => {
  const directory = await signedDirectory();
  const { resources } = makeStatement('it', digestsOf(directory), []).predicate;
  expect(resources.map(({ name }) => name)).toEqual(['a/b', 'a.b', 'model.onnx']);
  const { name: first, ...digests } = { name: '', ...digestsOf(directory) };
  expect(first).toBe('');
  expect(makeStatement('it', digests, []).subject[0].digest.sha256).toBe(rootDigest(resources));
});

test('a folder comes before what is in it and below', () => {
  const digest = '0'.repeat(64);
  const paths = ['b', 'a/c/d', 'a/c', 'a/b'];
  const digests = Object.fromEntries(paths.map((path) => [path, digest]));
  expect(makeStatement('it', digests, []).predicate.resources.map(({ name }) => name)).toEqual([
    'a/b',
    'a/c',
    'a/c/d',
    'b',
  ]);
});

test('a directory that nobody signed is told, with the command that signs', () => {
  const directory = filesToSign();
  expect(provenanceIssues(directory, OWNER.publicPem, {})).toEqual([
    {
      code: 'provenance-missing',
      path: join(directory, 'model.sig'),
      message: 'does not exist: nobody signed',
      fix: 'sign it with `model-pipeline sign <directory>`',
    },
  ]);
});

test('changed, missing and added files are told at once', async () => {
  const directory = await signedDirectory();
  writeFileSync(join(directory, 'model.onnx'), 'Z');
  rmSync(join(directory, 'a.b'));
  writeFileSync(join(directory, 'a', 'new'), '');
  expect(found(directory)).toEqual([
    'provenance-file-missing a.b: was signed but does not exist',
    'provenance-file-changed model.onnx: was changed after it was signed',
    'provenance-file-unsigned a/new: is not part of what was signed',
  ]);
});

test('the signature of another key is told', async () => {
  const directory = await signedDirectory(keySigner(keyPair().privatePem));
  expect(found(directory)).toEqual([
    expect.stringMatching(/^provenance-key model\.sig: is of the key [0-9a-f]{64}, not of [0-9a-f]{64}$/),
  ]);
  changeEnvelope(directory, ({ verificationMaterial }) => {
    delete verificationMaterial.publicKey.hint;
  });
  expect(found(directory)).toEqual(['provenance-invalid model.sig: does not hold for the key']);
});

test('a payload that was changed does not hold', async () => {
  const directory = await signedDirectory();
  writeFileSync(join(directory, 'model.onnx'), 'Z');
  changeEnvelope(directory, ({ dsseEnvelope }) => {
    const statement = JSON.stringify(makeStatement('it', digestsOf(directory), []));
    dsseEnvelope.payload = Buffer.from(statement).toString('base64');
  });
  expect(found(directory)).toEqual(['provenance-invalid model.sig: does not hold for the key']);
});

test.each([
  ['two signatures', (bundle: Envelope) => bundle.dsseEnvelope.signatures.push({ sig: '' })],
  ['another kind of payload', (bundle: Envelope) => (bundle.dsseEnvelope.payloadType = 'text/plain')],
  ['another kind of bundle', (bundle: Envelope) => (bundle.mediaType = 'application/json')],
])('%s is no signature', async (_, change) => {
  const directory = await signedDirectory();
  changeEnvelope(directory, change);
  expect(found(directory)).toEqual([
    expect.stringContaining('provenance-broken model.sig: is not an OpenSSF Model Signing signature: '),
  ]);
});

const DIGEST = 'a'.repeat(64);
type Parts = ReturnType<typeof makeStatement>;

test.each<[what: string, change: (statement: Parts) => unknown, message: string]>([
  ['no JSON', () => undefined, 'is not an OpenSSF Model Signing signature'],
  [
    'a wrong root digest',
    (statement) => ({ ...statement, subject: [{ name: 'it', digest: { sha256: DIGEST } }] }),
    'has a root digest that its files do not make',
  ],
  ['another predicate', (statement) => ({ ...statement, predicateType: 'x' }), 'predicateType'],
  ['a path out of the directory', (statement) => withResource(statement, '../x'), 'leaves the directory'],
  ['an absolute path', (statement) => withResource(statement, '/etc/passwd'), 'leaves the directory'],
  [
    'a file twice',
    (statement) => {
      const { resources } = statement.predicate;
      const twice = [...resources, ...resources];
      const predicate = { ...statement.predicate, resources: twice };
      return { ...statement, predicate, subject: [{ name: 'it', digest: { sha256: rootDigest(twice) } }] };
    },
    'lists a file twice',
  ],
])('signed, but %s: refused', async (_, change, message) => {
  const directory = await signedStatement((statement) => change(statement as unknown as Parts) ?? '{');
  expect(found(directory)).toEqual([expect.stringContaining(message)]);
});

function withResource(statement: Parts, name: string): object {
  const resources = [...statement.predicate.resources, { name, algorithm: 'sha256', digest: DIGEST }];
  return { ...statement, predicate: { ...statement.predicate, resources } };
}

test('files of git may be left out of a signature, and nothing else', async () => {
  const ignore_paths = ['.gitattributes', 'a'];
  const directory = await signedStatement((statement) => {
    const { predicate } = statement as unknown as Parts;
    return {
      ...statement,
      predicate: { ...predicate, serialization: { ...predicate.serialization, ignore_paths } },
    };
  });
  writeFileSync(join(directory, '.gitattributes'), '');
  expect(found(directory)).toEqual([]);
  writeFileSync(join(directory, 'a', 'new'), '');
  expect(found(directory)).toEqual(['provenance-file-unsigned a/new: is not part of what was signed']);
});

test('a second signature replaces the first', async () => {
  const directory = await signedDirectory();
  writeFileSync(join(directory, 'model.onnx'), 'Z');
  await signDirectory(directory, keySigner(OWNER.privatePem));
  expect(found(directory)).toEqual([]);
});

test('an encrypted key needs its passphrase', async () => {
  const { privateKey, publicPem } = keyPair();
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  const pem = privateKey.export(options).toString();
  expect(() => keySigner(pem, 'wrong')).toThrow('key: is not readable as a private key');
  expect(found(await signedDirectory(keySigner(pem, 'secret')), publicPem)).toEqual([]);
});

test('keys of other kinds are refused', async () => {
  const { privatePem, publicPem } = keyPair('secp256k1');
  expect(() => keySigner(privatePem)).toThrow(
    'key: is of type ec, curve secp256k1; allowed: P-256, P-384, P-521 [provenance-key]',
  );
  const directory = await signedDirectory();
  expect(found(directory, publicPem)[0]).toContain('is of type ec, curve secp256k1');
  expect(found(directory, 'no key')[0]).toContain('is not readable: ');
});

test('a signer whose signature does not hold writes none', async () => {
  const directory = filesToSign();
  const signer: Signer = {
    publicKey: keySigner(OWNER.privatePem).publicKey,
    sign: keySigner(keyPair().privatePem).sign,
  };
  await expect(signDirectory(directory, signer)).rejects.toThrow('made a signature that does not hold');
  expect(found(directory)[0]).toContain('provenance-missing');
});

test('a copy of a signed directory is signed, whatever its name', async () => {
  const directory = await signedDirectory();
  const copy = join(temporaryDirectory(), 'other');
  cpSync(directory, copy, { recursive: true });
  expect(found(copy)).toEqual([]);
});
