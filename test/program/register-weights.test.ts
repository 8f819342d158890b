import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { list } from 'tar';
import { VerifiedArtifact } from '../../lib/artifact';
import { register } from '../../lib/program';
import { SPAM_FILTER, temporaryDirectory } from '../artifact/support';
import { output, registerRequest } from './support';

jest.setTimeout(30_000);

test('a version keeps the weights that a later training starts from, and serves without them', async () => {
  const weights = join(temporaryDirectory(), 'weights');
  mkdirSync(weights);
  writeFileSync(join(weights, 'model.safetensors'), 'weights');
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  await register({ ...request, inputs: { ...request.inputs, weights } });
  const version = output(request, 'version');
  expect(readFileSync(join(version, 'weights', 'model.safetensors'), 'utf8')).toBe('weights');
  expect(VerifiedArtifact.fromDirectory(version).pipeline).toBe('spam-filter');
  const manifest = JSON.parse(readFileSync(join(version, 'manifest.json'), 'utf8')) as { files: object };
  expect(Object.keys(manifest.files)).toContain('weights/model.safetensors');
  const served: string[] = [];
  await list({
    file: join(version, 'model.tar.gz'),
    onReadEntry: ({ path }) => {
      served.push(path);
    },
  });
  expect(served).toContain('model.onnx');
  expect(served.filter((path) => path.startsWith('weights'))).toEqual([]);
});

test('a version without weights is complete', async () => {
  const request = registerRequest(SPAM_FILTER, SPAM_FILTER);
  await register(request);
  expect(existsSync(join(output(request, 'version'), 'weights'))).toBe(false);
});
