import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPrompts, VerifiedArtifact, VerifiedLanguageModel } from '../../lib/artifact';
import { digestDirectory, renderManifest } from '../../lib/artifact/manifest';
import { IssueError } from '../../lib/issue';
import { registeredModel } from '../program/language-model';
import { SPAM_FILTER, temporaryDirectory } from './support';

let registered: string;
beforeAll(async () => {
  registered = await registeredModel();
});

function changed(change: (directory: string) => void): string {
  const directory = join(temporaryDirectory(), 'version');
  cpSync(registered, directory, { recursive: true });
  change(directory);
  return directory;
}

/** `code path: message` of everything that is wrong. */
function problems(directory: string): string[] {
  try {
    VerifiedLanguageModel.fromDirectory(directory);
    return [];
  } catch (error) {
    if (!(error instanceof IssueError)) throw error;
    return error.issues.map(
      ({ code, path, message }) => `${code} ${path.replace(`${directory}/`, '')}: ${message}`,
    );
  }
}

test('a version as it was registered is read', () => {
  expect(problems(changed(() => undefined))).toEqual([]);
});

test('changed, missing and extra files are told at once', () => {
  const directory = changed((version) => {
    writeFileSync(join(version, 'prompts.json'), '{"schemaVersion": 1, "prompts": ["x"], "promptTokens": 1}');
    writeFileSync(join(version, 'model', 'tokenizer.json'), '{}');
    writeFileSync(join(version, 'model', '.hidden'), 'x');
    rmSync(join(version, 'metrics.json'));
  });
  expect(problems(directory)).toEqual([
    'file-missing metrics.json: is in the manifest but does not exist',
    'file-changed model/tokenizer.json: was changed after the version was registered',
    'file-changed prompts.json: was changed after the version was registered',
    'file-extra model/.hidden: is not part of the registered version',
    'report-foreign verification.json: vouches for other bytes than those of tokenizer.json',
  ]);
});

test('a manifest written anew does not hide another model, nor another signature', () => {
  const directory = changed((version) => {
    const file = join(version, 'signature.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"layers": 2', '"layers": 1'));
    writeFileSync(join(version, 'model', 'notes.txt'), 'x');
    const about = { pipeline: 'writer', version: 'bd33a16453dd', runtime: 'vllm' } as const;
    writeFileSync(join(version, 'manifest.json'), renderManifest(about, digestDirectory(version)));
  });
  expect(problems(directory)).toEqual([
    expect.stringMatching(
      /^version-id manifest\.json: names version bd33a16453dd; its files make [0-9a-f]{12}$/,
    ),
    'report-partial verification.json: says nothing of notes.txt, which was not there when the model was verified',
    'language-model-signature model/config.json: num_hidden_layers: is 2; the signature declares layers 1',
  ]);
});

test('files that a version must have are told, and everything else is still checked', () => {
  const directory = changed((version) => {
    for (const name of ['signature.json', 'prompts.json', 'verification.json']) rmSync(join(version, name));
    rmSync(join(version, 'model'), { recursive: true });
    const about = { pipeline: 'writer', version: 'bd33a16453dd', runtime: 'vllm' } as const;
    writeFileSync(join(version, 'manifest.json'), renderManifest(about, digestDirectory(version)));
  });
  expect(problems(directory).map((line) => line.split(':')[0])).toEqual([
    'language-model-missing model',
    'file-missing verification.json',
    'file-missing signature.json',
    'file-missing prompts.json',
    'file-missing model/config.json',
    'file-missing prompts.json',
    'file-missing signature.json',
    'file-missing verification.json',
    'version-id manifest.json',
  ]);
});

test('each kind of version is told which reader takes it', () => {
  expect(problems(SPAM_FILTER)).toEqual([
    `version-kind ${SPAM_FILTER}: is a version for onnx, not of a language model`,
  ]);
  expect(() => VerifiedArtifact.fromDirectory(registered)).toThrow(
    [
      'is the version of a language model, which vLLM serves [version-kind]',
      '    fix: serve its model/ with vLLM; in code, read it with VerifiedLanguageModel.fromDirectory',
    ].join('\n'),
  );
});

test('a directory that is not there is told', () => {
  expect(() => VerifiedLanguageModel.fromDirectory('/nowhere')).toThrow(
    '/nowhere: is not a directory that exists [version-missing]',
  );
});

test('prompts are read, or told what they are not', () => {
  expect(readPrompts(join(registered, 'prompts.json')).prompts).toEqual(['the cat', 'the dog']);
  const file = join(temporaryDirectory(), 'prompts.json');
  writeFileSync(file, '{"schemaVersion": 2, "prompts": "Hello"}');
  expect(() => readPrompts(file)).toThrow(
    /prompts: 3 problems\n[^]*schemaVersion: got 2, wanted 1[^]*prompts: got "Hello"[^]*promptTokens: got null/,
  );
});
