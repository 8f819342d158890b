import { join } from 'node:path';
import { VerifiedLanguageModel } from '../../lib/artifact';
import { readManifest } from '../../lib/artifact/manifest';
import { modelDigest } from '../../lib/artifact/model-digest';
import { registeredModel } from '../program/language-model';

test('of a version of an ONNX model it is the digest of that file', () => {
  const manifest = readManifest(join(__dirname, '..', 'fixtures', 'versions', 'spam-filter'));
  expect(modelDigest(manifest)).toBe(manifest.files['model.onnx']?.sha256);
});

test('of a version of a language model it is the digest over its files', async () => {
  const directory = await registeredModel();
  const { model } = VerifiedLanguageModel.fromDirectory(directory);
  expect(modelDigest(readManifest(directory))).toBe(model.digest);
});
