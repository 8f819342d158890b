import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyPair } from '../artifact/provenance/support';
import { copyOfSpamFilter, temporaryDirectory } from '../artifact/support';
import { modelPipeline } from './model-pipeline';

jest.setTimeout(60_000);

const { privatePem, privateKey, publicPem } = keyPair();
const keys = temporaryDirectory();
const [key, encrypted, publicKey] = ['key.pem', 'encrypted.pem', 'key.pub'].map((name) => join(keys, name));

beforeAll(() => {
  writeFileSync(key ?? '', privatePem);
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  writeFileSync(encrypted ?? '', privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }));
  writeFileSync(publicKey ?? '', publicPem);
});

test('signs a version, which verify then holds to the key', async () => {
  const directory = copyOfSpamFilter();
  const verify = () => modelPipeline(['verify', directory, '--public-key', publicKey ?? '']);
  const unsigned = await verify();
  expect(unsigned.code).toBe(1);
  expect(unsigned.stdout).toContain('FAILED: provenance');
  const env = { MODEL_PIPELINE_KEY_PASSPHRASE: 'secret' };
  const signed = await modelPipeline(['sign', directory, '--key', encrypted ?? ''], { env });
  expect([signed.code, signed.stdout]).toEqual([0, `${directory}: signed, see model.sig\n`]);
  const { code, stdout } = await verify();
  expect(code).toBe(0);
  expect(stdout).toContain('files signed');
});

test('serve refuses what the holder of the key did not sign', async () => {
  const env = { MODEL_PIPELINE_PUBLIC_KEY: publicPem };
  const { code, stderr } = await modelPipeline(['serve', copyOfSpamFilter(), '--port', '0'], { env });
  expect(code).toBe(1);
  expect(stderr).toContain('model.sig: does not exist: nobody signed [provenance-missing]');
});

test.each([
  [[], 'options: name no key, or two [usage]'],
  [['--key', 'a', '--kms', 'b'], 'options: name no key, or two [usage]'],
  [['--key', '/nowhere'], '/nowhere: ENOENT: no such file or directory'],
])('exits 1 for the options %j', async (options, message) => {
  const { code, stderr } = await modelPipeline(['sign', keys, ...options]);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  expect(stderr).not.toContain('    at ');
});
