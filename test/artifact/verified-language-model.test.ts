import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPrompts, VerifiedArtifact, VerifiedLanguageModel } from '../../lib/artifact';
import { digestDirectory, renderManifest } from '../../lib/artifact/manifest';
import { readReport } from '../../lib/artifact/read-report';
import { IssueError } from '../../lib/issue';
import { registeredModel } from '../program/language-model';
import { SPAM_FILTER, temporaryDirectory } from './support';
import { reportOf, verifiedFiles } from './verified-files';
import { type TinyLlama, tensorFile, TENSORS, writeTinyLlama } from './write-tiny-llama';

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

describe('files that were made elsewhere', () => {
  /** `code path: message`, and the fix, of everything that is wrong. */
  function refusals(directory: string, report: string): string[][] {
    try {
      VerifiedLanguageModel.fromFiles(directory, report);
      return [];
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      return error.issues.map(({ code, path, message, fix }) => [
        `${code} ${path.replace(directory, '<model>').replace(report, '<report>')}: ${message}`,
        fix.replaceAll(directory, '<model>').replaceAll(report, '<report>'),
      ]);
    }
  }
  const VERIFY = '`model-pipeline verify <model> --report <report>`';
  const MEND = `see the findings with \`model-pipeline verify <model>\`, mend the model, and verify it again with ${VERIFY}`;

  test('are taken with their report, under the digest over all of them', async () => {
    const directory = writeTinyLlama({ files: { '.gitattributes': 'x' } });
    const taken = await verifiedFiles(directory);
    expect(taken).toMatchObject({ directory, version: taken.model.version, report: { verdict: 'passed' } });
    expect(Object.keys(taken.model.files)).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect([taken.pipeline, taken.signature, taken.prompts]).toEqual([undefined, undefined, undefined]);
  });

  test('are refused with other bytes, and with a file more or less, than were verified', async () => {
    const directory = writeTinyLlama();
    const report = await reportOf(directory);
    const other = { dtype: 'BF16', shape: [8, 64], data: Buffer.alloc(1024, 1) };
    writeFileSync(join(directory, 'model.safetensors'), tensorFile({ ...TENSORS, 'lm_head.weight': other }));
    writeFileSync(join(directory, 'chat_template.jinja'), 'x');
    rmSync(join(directory, 'tokenizer.json'));
    writeFileSync(join(directory, 'tokenizer.model'), 'x');
    const again = `verify these with ${VERIFY}`;
    expect(refusals(directory, report)).toEqual([
      ['report-foreign <report>: vouches for other bytes than those of model.safetensors', again],
      ['report-foreign <report>: vouches for other bytes than those of tokenizer.json', again],
      ...['chat_template.jinja', 'tokenizer.model'].map((name) => [
        `report-partial <report>: says nothing of ${name}, which was not there when the model was verified`,
        again,
      ]),
    ]);
  });

  const nan: TinyLlama['tensors'] = {
    'lm_head.weight': { dtype: 'BF16', shape: [8, 64], data: Buffer.alloc(1024, 0xff) },
  };
  test.each<[string, TinyLlama, string]>([
    ['a weight that is no number', { tensors: nan }, 'lm-weights-finite'],
    ['a token without a row', { tokenizer: { model: { vocab: { a: 9 } } } }, 'lm-tokenizer'],
    ['a layer missing', { config: { num_hidden_layers: 3 } }, 'lm-weights'],
  ])('are refused with %s, though each file is sound', async (_, changes, check) => {
    const directory = writeTinyLlama(changes);
    expect(refusals(directory, await reportOf(directory))[0]).toEqual([
      `report-failed <report>: verification failed: ${check}`,
      MEND,
    ]);
  });

  test.each(['lm-files', 'lm-config', 'lm-weights', 'lm-weights-finite'])(
    'are refused where "%s" was not run',
    async (left) => {
      const directory = writeTinyLlama();
      const file = await reportOf(directory);
      const report = readReport(file);
      writeFileSync(
        file,
        JSON.stringify({ ...report, checks: report.checks.filter(({ id }) => id !== left) }),
      );
      expect(refusals(directory, file)).toEqual([
        [`report-incomplete <report>: check "${left}" was not run`, MEND],
      ]);
    },
  );

  test('are refused with the report of another kind of model', () => {
    const problems = refusals(writeTinyLlama(), join(SPAM_FILTER, 'verification.json'));
    expect(problems.map(([problem]) => problem?.replace('<report>: ', ''))).toEqual([
      ...['files', 'config', 'weights', 'weights-finite'].map(
        (id) => `report-incomplete check "lm-${id}" was not run`,
      ),
      'report-foreign vouches for other bytes than those of model.onnx',
      ...['config.json', 'model.safetensors', 'tokenizer.json'].map(
        (name) => `report-partial says nothing of ${name}, which was not there when the model was verified`,
      ),
    ]);
  });

  test('are refused without a report, or with a file that is none', () => {
    const fix = `verify the model with ${VERIFY}`;
    const file = join(temporaryDirectory(), 'report.json');
    expect(refusals(writeTinyLlama(), file)).toEqual([['file-missing <report>: does not exist', fix]]);
    writeFileSync(file, '{"schemaVersion": 1}');
    expect(refusals(writeTinyLlama(), file)[0]).toEqual([expect.stringMatching(/^report <report>/), fix]);
  });

  test('are refused where they are not a model at all, or were changed into none', async () => {
    const directory = writeTinyLlama();
    const report = await reportOf(directory);
    writeFileSync(join(directory, 'modeling.py'), 'x');
    expect(refusals(directory, report).map(([problem]) => problem)).toEqual([
      'language-model-file <model>/modeling.py: is Python code, which would run unread',
    ]);
    expect(refusals('/nowhere', report).map(([problem]) => problem)).toEqual([
      'language-model-missing <model>: is not a directory that exists',
    ]);
  });

  test('are no version, and the reader of versions says who takes them', () => {
    const directory = writeTinyLlama();
    expect(() => VerifiedLanguageModel.fromDirectory(directory)).toThrow(
      `${directory}: holds the files of a language model, and is no version of one [version-kind]\n` +
        `    fix: verify them with \`model-pipeline verify ${directory} --report model.json\`, and take both with VerifiedLanguageModel.fromFiles`,
    );
  });
});
