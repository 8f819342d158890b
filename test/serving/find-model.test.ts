import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { x as unpack } from 'tar';
import { keySigner, signDirectory } from '../../lib/artifact';
import { createServer, findModel, type ServedModel } from '../../lib/serving';
import { keyPair } from '../artifact/provenance/support';
import { copyOf, modelProcesses, SPAM_FILTER, start } from './support';

const VERSION = '8bf4fa2c2110';

function unpackedArchive(): string {
  const directory = mkdtempSync(join(tmpdir(), 'unpacked-'));
  unpack({ file: join(SPAM_FILTER, 'model.tar.gz'), cwd: directory, sync: true });
  return directory;
}

describe('findModel', () => {
  it('finds a version', () => {
    const { pipeline, version, directory } = findModel(SPAM_FILTER);
    expect([pipeline, version, directory]).toEqual(['spam-filter', VERSION, SPAM_FILTER]);
  });

  it('finds the live version of a store', () => {
    const store = mkdtempSync(join(tmpdir(), 'store-'));
    cpSync(SPAM_FILTER, join(store, 'models', VERSION), { recursive: true });
    const missing = `${join(store, 'releases', 'live.json')}: does not exist`;
    expect(() => findModel(store)).toThrow(missing);
    mkdirSync(join(store, 'releases'));
    expect(() => findModel(store)).toThrow(missing);
    writeFileSync(join(store, 'releases', 'live.json'), JSON.stringify({ version: '../../etc' }));
    expect(() => findModel(store)).toThrow('names no version');
    writeFileSync(join(store, 'releases', 'live.json'), JSON.stringify({ version: VERSION }));
    expect(findModel(store).directory).toBe(join(store, 'models', VERSION));
  });

  it('finds an unpacked archive by its report alone, and knows its version', async () => {
    const directory = unpackedArchive();
    expect(findModel(directory, { name: 'spam-filter', version: VERSION })).toMatchObject({
      pipeline: 'spam-filter',
      version: VERSION,
    });
    expect(findModel(directory).pipeline).toBe('model');
    const { server, url } = await start(directory);
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    await server.close();
  });

  it('refuses what the holder of a given key did not sign', async () => {
    const { privatePem, publicPem: publicKey } = keyPair();
    for (const directory of [copyOf(SPAM_FILTER), unpackedArchive()]) {
      const find = () => findModel(directory, { publicKey });
      expect(find).toThrow('model.sig: does not exist: nobody signed [provenance-missing]');
      await signDirectory(directory, keySigner(privatePem));
      expect(find().version).toBe(VERSION);
      appendFileSync(join(directory, 'metrics.json'), ' ');
      expect(find).toThrow('metrics.json: was changed after it was signed [provenance-file-changed]');
    }
    const store = mkdtempSync(join(tmpdir(), 'store-'));
    cpSync(SPAM_FILTER, join(store, 'models', VERSION), { recursive: true });
    mkdirSync(join(store, 'releases'));
    writeFileSync(join(store, 'releases', 'live.json'), JSON.stringify({ version: VERSION }));
    expect(() => findModel(store, { publicKey })).toThrow('[provenance-missing]');
  });

  it('refuses another version than the one expected', () => {
    expect(() => findModel(SPAM_FILTER, { version: '000000000000' })).toThrow(
      `holds version ${VERSION}, not 000000000000`,
    );
    const directory = unpackedArchive();
    appendFileSync(join(directory, 'preprocessing', 'preprocessing.json'), ' ');
    expect(() => findModel(directory, { version: VERSION })).toThrow(`not ${VERSION}`);
  });

  it.each(['model.onnx', 'verification.json', 'preprocessing/tokenizer.json', 'golden/samples.json'])(
    'refuses a version whose %s changed by a byte',
    (file) => {
      const directory = copyOf(SPAM_FILTER);
      appendFileSync(join(directory, file), ' ');
      expect(() => findModel(directory)).toThrow(
        `${join(directory, file)}: was changed after the version was registered`,
      );
    },
  );

  it('refuses an unpacked archive whose model changed by a byte, and one without a report', () => {
    const directory = unpackedArchive();
    appendFileSync(join(directory, 'model.onnx'), ' ');
    expect(() => findModel(directory)).toThrow('vouches for other bytes than those of model.onnx');
    rmSync(join(directory, 'verification.json'));
    expect(() => findModel(directory)).toThrow(`${join(directory, 'verification.json')}: does not exist`);
  });

  it('refuses an unpacked archive with a link in it', () => {
    const directory = unpackedArchive();
    symlinkSync('/etc/hostname', join(directory, 'preprocessing', 'extra.json'));
    expect(() => findModel(directory)).toThrow('is neither a file nor a directory');
  });

  it('refuses a directory that holds no model', () => {
    expect(() => findModel(mkdtempSync(join(tmpdir(), 'empty-')))).toThrow('manifest.json: does not exist');
    expect(() => findModel('/nowhere')).toThrow('/nowhere: is not a directory that exists');
  });
});

describe('listen', () => {
  const listen = (model: ServedModel) => createServer(model).listen({ port: 0 });

  it('refuses bytes that changed after the version was checked', async () => {
    const directory = copyOf(SPAM_FILTER);
    const model = findModel(directory);
    appendFileSync(join(directory, 'model.onnx'), ' ');
    await expect(listen(model)).rejects.toThrow(
      /model\.onnx: has the SHA-256 .*, the one verified has 1c68a2c0/,
    );
  });

  it('refuses a report that failed, or is of another model', async () => {
    const model = findModel(SPAM_FILTER);
    const refusal = 'verification.json: does not say that this model passed';
    await expect(listen({ ...model, report: { ...model.report, verdict: 'failed' } })).rejects.toThrow(
      refusal,
    );
    await expect(listen({ ...model, digest: '0'.repeat(64) })).rejects.toThrow(refusal);
  });

  it('leaves nothing behind when the port is taken', async () => {
    const { server, url } = await start();
    const port = Number(new URL(url).port);
    const other = createServer(findModel(SPAM_FILTER));
    await expect(other.listen({ port })).rejects.toThrow('EADDRINUSE');
    expect(other.address).toBeUndefined();
    expect(modelProcesses()).toHaveLength(1);
    expect((await fetch(`${url}/ping`)).status).toBe(200);
    await server.close();
  });
});
