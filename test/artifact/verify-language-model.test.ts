import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import {
  keySigner,
  renderReport,
  reportHtml,
  signDirectory,
  type VerificationReport,
  verifyLanguageModel,
} from '../../lib/artifact';
import { readLanguageModelSignature } from '../../lib/artifact/language-model/signature';
import { digestDirectory } from '../../lib/artifact/manifest';
import { parseReport, reportIssues } from '../../lib/artifact/read-report';
import { registeredModel } from '../program/language-model';
import { keyPair } from './provenance/support';
import { layer, SIGNATURE, tensorFile, type TinyLlama, TENSORS, writeTinyLlama } from './write-tiny-llama';

const CHECKS = ['lm-files', 'lm-config', 'lm-tokenizer', 'lm-weights', 'lm-signature', 'lm-weights-finite'];

const verify = (directory: string) => verifyLanguageModel(directory, { signature: SIGNATURE });

/** `check: path below the directory: message` of every finding. */
function findingsOf(report: VerificationReport, directory: string): string[] {
  return report.checks.flatMap(({ id, findings }) =>
    findings.map(({ path, message }) => `${id}: ${path.replace(`${directory}/`, '')}: ${message}`),
  );
}

async function findings(model: TinyLlama): Promise<string[]> {
  const directory = writeTinyLlama(model);
  const report = await verify(directory);
  expect(report.verdict).toBe(
    report.checks.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed',
  );
  return findingsOf(report, directory);
}

describe('a language model that is what it was declared to be', () => {
  const directory = writeTinyLlama({ files: { '.gitattributes': 'x', 'README.md': 'x' } });

  test('passes every check, and the report is bound to every file of it', async () => {
    const report = await verify(directory);
    expect(report.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(
      CHECKS.map((id) => `${id} passed`),
    );
    expect(report).toMatchObject({
      verdict: 'passed',
      languageModel: { architecture: 'LlamaForCausalLM', layers: 2, parameters: 25_600, tensors: 10 },
    });
    const { externalData, ...config } = report.model;
    expect([config, ...externalData]).toEqual(
      ['config.json', 'README.md', 'model.safetensors', 'tokenizer.json'].map((file) => {
        const bytes = readFileSync(join(directory, file));
        return { file, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
      }),
    );
  });

  test('has a report of the published form, which reads well', async () => {
    const report: unknown = JSON.parse(JSON.stringify(await verify(directory)));
    const schema = JSON.parse(readFileSync('schemas/verification-report.schema.json', 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
    expect([validate(report), validate.errors]).toEqual([true, null]);
    const text = renderReport(parseReport(report, 'report'));
    expect(text).toContain('\nwith 3 files more\n');
    expect(text).toContain('  ok    lm-weights         10 tensors, 25600 parameters\n');
    expect(text).toContain('PASSED: 6 of 6 checks\n');
    const page = reportHtml(parseReport(report, 'report'));
    expect(page).toContain('LlamaForCausalLM');
    expect(page).toContain('25,600 in 10 tensors: BF16 50.0 KiB');
    expect(page).not.toContain('undefined');
  });

  test('is not held to a signature where there is none', async () => {
    const { checks, verdict } = await verifyLanguageModel(directory);
    expect(verdict).toBe('passed');
    expect(checks.find(({ id }) => id === 'lm-signature')).toMatchObject({
      verdict: 'skipped',
      detail: 'no signature was given',
    });
  });

  test('its progress can be heard, and it can be stopped', async () => {
    const heard: string[] = [];
    const abort = new AbortController();
    const verification = verifyLanguageModel(directory, {
      signal: abort.signal,
      onProgress: (event) => {
        heard.push(event.event === 'check-started' ? `${event.number}/${event.of} ${event.id}` : event.event);
        if (event.event === 'check-ended') abort.abort(new Error('enough'));
      },
    });
    await expect(verification).rejects.toThrow('enough');
    expect(heard).toEqual(['1/6 lm-files', 'check-ended', '2/6 lm-config']);
  });
});

test.each<[what: string, model: TinyLlama, expected: string[]]>([
  [
    'a pickle',
    { files: { 'pytorch_model.bin': 'x' } },
    ['lm-files: pytorch_model.bin: is a Python pickle, which can run code when it is loaded'],
  ],
  [
    'code',
    { files: { 'modeling_mine.py': 'x' } },
    ['lm-files: modeling_mine.py: is Python code, which would run unread'],
  ],
  [
    'auto_map',
    { config: { auto_map: { AutoModelForCausalLM: 'modeling_mine.Mine' } } },
    ['lm-config: config.json: auto_map: asks for Python code of its own, which would run unread'],
  ],
  [
    'another architecture, other layers and heads, a shorter context',
    {
      config: {
        architectures: ['OtherForCausalLM'],
        num_hidden_layers: 1,
        num_attention_heads: 8,
        num_key_value_heads: 4,
        max_position_embeddings: 1024,
      },
      tensors: Object.fromEntries(Object.keys(layer(1)).map((name) => [name, undefined])),
    },
    [
      'lm-signature: config.json: architectures: is "OtherForCausalLM"; the signature declares architecture "LlamaForCausalLM"',
      'lm-signature: config.json: num_hidden_layers: is 1; the signature declares layers 2',
      'lm-signature: config.json: num_attention_heads: is 8; the signature declares attentionHeads 4',
      'lm-signature: config.json: num_key_value_heads: is 4; the signature declares keyValueHeads 2',
      'lm-signature: config.json: head_dim: is 8; the signature declares headSize 16',
      'lm-signature: config.json: max_position_embeddings: is 1024; the signature declares contextTokens 2048, which it must have at least',
    ],
  ],
  [
    'a layer without tensors',
    { tensors: Object.fromEntries(Object.keys(layer(0)).map((name) => [name, undefined])) },
    ['lm-weights: .: has no tensors of layer 0 of 2'],
  ],
  [
    'tensors of layers that config.json does not have',
    { tensors: { ...layer(2), ...layer(7) } },
    ['lm-weights: .: has tensors of layer 2 and 1 more; config.json numbers 2 of them from 0'],
  ],
  [
    'projections of other heads, an embedding of other tokens',
    {
      tensors: {
        'model.embed_tokens.weight': { dtype: 'BF16', shape: [9, 64] },
        'model.layers.1.self_attn.k_proj.weight': { dtype: 'BF16', shape: [64, 64] },
      },
    },
    [
      'lm-weights: .: model.embed_tokens.weight: has the shape [9, 64]; config.json makes it [8, 64]',
      'lm-weights: .: model.layers.1.self_attn.k_proj.weight: has the shape [64, 64]; config.json makes it [32, 64]',
    ],
  ],
  [
    'a token that the embedding has no row for',
    { tokenizer: { model: { vocab: { the: 0 } }, added_tokens: [{ id: 8, content: '<s>' }, 'x'] } },
    ['lm-tokenizer: tokenizer.json: has a token 8; config.json has a vocab_size of 8, so tokens up to 7'],
  ],
  ['no vocabulary', { tokenizer: { model: {} } }, ['lm-tokenizer: tokenizer.json: has no vocabulary']],
  [
    'no size of the vocabulary',
    { config: { vocab_size: undefined } },
    [
      'lm-tokenizer: config.json: vocab_size: is null, wanted a whole number from 1',
      'lm-weights: config.json: vocab_size: is null, wanted a whole number from 1',
    ],
  ],
])('%s: refused', async (_, model, expected) => {
  const found = (await findings(model)).map((line) => line.replace(/: \/\S*\/model: /, ': .: '));
  expect(found).toEqual(expected);
});

describe('a number that is none is found in every type that can hold one', () => {
  const at = (elements: number, value: Buffer): Buffer => {
    const data = Buffer.alloc(elements * value.length);
    value.copy(data, (elements - 1) * value.length);
    return data;
  };
  const little = (hex: string) => Buffer.from(hex, 'hex').reverse();
  test.each<[dtype: string, value: Buffer, found: string]>([
    ['F64', little('7ff0000000000001'), '1 NaN'],
    ['F64', little('fff0000000000000'), '1 infinity'],
    ['F32', little('7fc00000'), '1 NaN'],
    ['F32', little('7f800000'), '1 infinity'],
    ['F16', little('7e00'), '1 NaN'],
    ['F16', little('fc00'), '1 infinity'],
    ['BF16', little('7fc0'), '1 NaN'],
    ['BF16', little('ff80'), '1 infinity'],
    ['F8_E5M2', little('7d'), '1 NaN'],
    ['F8_E4M3', little('ff'), '1 NaN'],
    ['F8_E8M0', little('ff'), '1 NaN'],
    ['C64', little('000000007fc00000'), '1 NaN'],
  ])('%s %p', async (dtype, value, found) => {
    const extra = { dtype, shape: [3, 5], data: at(15, value) };
    expect(await findings({ tensors: { extra } })).toEqual([
      `lm-weights-finite: model.safetensors: extra: holds ${found}`,
    ]);
  });

  test.each([
    ['F64', little('7fe0000000000000')],
    ['F32', little('7f7fffff')],
    ['F16', little('7bff')],
    ['BF16', little('7f7f')],
    ['F8_E5M2', little('7b')],
    ['F8_E4M3', little('7e')],
    ['F8_E8M0', little('fe')],
    ['I16', little('7fff')],
    ['U8', little('ff')],
  ])('the largest number of %s is one', async (dtype, value) => {
    expect(await findings({ tensors: { extra: { dtype, shape: [15], data: at(15, value) } } })).toEqual([]);
  });

  test('also at the end of a tensor that is read in pieces', async () => {
    const elements = 5 * 2 ** 19 + 1;
    const extra = { dtype: 'F32', shape: [elements], data: at(elements, little('7fc00000')) };
    const directory = writeTinyLlama({ tensors: { extra } });
    const { checks } = await verifyLanguageModel(directory);
    expect(checks.at(-1)).toMatchObject({ id: 'lm-weights-finite', verdict: 'failed', detail: '1 problem' });
  });
});

test('weights above the size that was declared are refused', async () => {
  const directory = writeTinyLlama();
  const report = await verifyLanguageModel(directory, { signature: { ...SIGNATURE, weightsGiB: 0.00004 } });
  expect(findingsOf(report, directory)).toEqual([
    `lm-signature: ${directory}: holds 0.00004769 GiB of weights; the signature declares weightsGiB 0.00004`,
  ]);
});

test('a signature without heads of keys and values declares as many as there are heads', async () => {
  const { keyValueHeads, ...signature } = SIGNATURE;
  const directory = writeTinyLlama();
  const message = `num_key_value_heads: is ${keyValueHeads}; the signature declares keyValueHeads 4`;
  expect(findingsOf(await verifyLanguageModel(directory, { signature }), directory)).toEqual([
    `lm-signature: config.json: ${message}`,
  ]);
  const file = join(directory, 'signature.json');
  writeFileSync(file, JSON.stringify(signature));
  expect(readLanguageModelSignature(file)).toEqual({ ...SIGNATURE, keyValueHeads: 4 });
});

test('a file of weights that was cut off is refused, and its numbers are not read', async () => {
  const directory = writeTinyLlama();
  truncateSync(join(directory, 'model.safetensors'), 20_000);
  const report = await verify(directory);
  expect(findingsOf(report, directory)).toEqual([
    expect.stringMatching(
      /^lm-weights: model\.safetensors: has \d+ bytes of data; its header describes 51200$/,
    ),
  ]);
  expect(report.checks.find(({ id }) => id === 'lm-weights-finite')).toMatchObject({
    verdict: 'skipped',
    detail: 'not run, because "lm-weights" failed',
  });
  expect(report.languageModel).toBeUndefined();
});

test('a vocabulary of SentencePiece is not read', async () => {
  const directory = writeTinyLlama({ files: { 'tokenizer.json': undefined, 'tokenizer.model': 'x' } });
  const { checks, verdict } = await verify(directory);
  expect(verdict).toBe('passed');
  expect(checks[2]).toMatchObject({ id: 'lm-tokenizer', verdict: 'skipped' });
});

test('directories and links are findings, not files that the report is bound to', async () => {
  const directory = writeTinyLlama();
  mkdirSync(join(directory, 'original'));
  symlinkSync(join(directory, 'config.json'), join(directory, 'link.json'));
  const report = await verify(directory);
  expect(findingsOf(report, directory)).toEqual([
    'lm-files: link.json: is a directory or a link, not a file',
    'lm-files: original: is a directory or a link, not a file',
  ]);
  expect(report.model.externalData.map(({ file }) => file)).toEqual(['model.safetensors', 'tokenizer.json']);
});

test('without config.json there is nothing to report on', async () => {
  const directory = writeTinyLlama({ files: { 'config.json': undefined } });
  await expect(verify(directory)).rejects.toThrow('config.json: does not exist [file-missing]');
});

describe('the version of a language model', () => {
  const { privatePem, publicPem } = keyPair();
  let version: string;
  beforeEach(async () => {
    version = await registeredModel();
  });

  async function provenance(publicKey = publicPem): Promise<readonly [string, number, readonly string[]]> {
    const report = await verifyLanguageModel(join(version, 'model'), { provenance: { version, publicKey } });
    const [check] = report.checks.filter(({ id }) => id === 'provenance');
    const findings = check?.findings ?? [];
    return [
      `${report.verdict}: ${check?.detail ?? ''}`,
      report.checks.length,
      findings.map(({ path, message }) => `${path.replace(`${version}/`, '')}: ${message}`),
    ];
  }

  test('passes where the holder of the key signed every file', async () => {
    await signDirectory(version, keySigner(privatePem));
    expect(await provenance()).toEqual(['passed: 9 files signed', CHECKS.length + 1, []]);
  });

  test('fails where nobody signed, or another', async () => {
    const unsigned = 'model.sig: does not exist: nobody signed';
    const failed = 'failed: not what the holder of the key signed';
    expect(await provenance()).toEqual([failed, CHECKS.length + 1, [unsigned]]);
    await signDirectory(version, keySigner(privatePem));
    expect((await provenance(keyPair().publicPem))[2]).toEqual([
      expect.stringMatching(/^model\.sig: is of the key \w+, not of \w+$/),
    ]);
  });

  test('fails with files that were changed or added since, of the model and beside it', async () => {
    await signDirectory(version, keySigner(privatePem));
    writeFileSync(join(version, 'prompts.json'), '{}');
    writeFileSync(join(version, 'model', 'notes.txt'), 'x');
    expect((await provenance())[2]).toEqual([
      'prompts.json: was changed after it was signed',
      'model/notes.txt: is not part of what was signed',
    ]);
  });

  test('fails with a link, whatever it points to', async () => {
    symlinkSync('/etc/hosts', join(version, 'notes.txt'));
    expect((await provenance())[2]).toEqual(['notes.txt: is neither a file nor a directory']);
  });
});

describe('a report vouches for the model', () => {
  const issuesAfter = async (change: (directory: string) => void): Promise<string[]> => {
    const directory = writeTinyLlama();
    const report = await verify(directory);
    change(directory);
    const files = digestDirectory(directory);
    return reportIssues(report, { file: 'verification.json', directory, files }).map(
      ({ code, message }) => `${code}: ${message}`,
    );
  };

  test('as it was verified', async () => {
    expect(
      await issuesAfter((directory) => {
        writeFileSync(join(directory, '.lock'), 'x');
      }),
    ).toEqual([]);
  });

  test('but not with a weight, the tokenizer or the configuration changed', async () => {
    const changed = tensorFile({
      ...TENSORS,
      'lm_head.weight': { dtype: 'BF16', shape: [8, 64], data: Buffer.alloc(1024, 1) },
    });
    expect(
      await issuesAfter((directory) => {
        writeFileSync(join(directory, 'model.safetensors'), changed);
        rmSync(join(directory, 'tokenizer.json'));
      }),
    ).toEqual([
      'report-foreign: vouches for other bytes than those of model.safetensors',
      'report-foreign: vouches for other bytes than those of tokenizer.json',
    ]);
  });

  test('and not with a file more', async () => {
    expect(
      await issuesAfter((directory) => {
        writeFileSync(join(directory, 'chat_template.jinja'), '{{ x }}');
      }),
    ).toEqual([
      'report-partial: says nothing of chat_template.jinja, which was not there when the model was verified',
    ]);
  });

  test.each(CHECKS.filter((id) => id !== 'lm-tokenizer'))(
    'and not where "%s" was skipped',
    async (skipped) => {
      const directory = writeTinyLlama();
      const report = await verify(directory);
      const checks = report.checks.filter(({ id }) => id !== skipped);
      const files = digestDirectory(directory);
      expect(
        reportIssues({ ...report, checks }, { file: 'verification.json', directory, files }).map(
          ({ message }) => message,
        ),
      ).toEqual([`check "${skipped}" was not run`]);
    },
  );
});

test('a file that changes while it is verified leaves no report', async () => {
  const directory = writeTinyLlama();
  const verification = verifyLanguageModel(directory, {
    onProgress: (event) => {
      if (event.event === 'check-started' && event.id === 'lm-weights') {
        writeFileSync(join(directory, 'tokenizer.json'), '{"model": {"vocab": {"a": 0}}, "more": 1}');
      }
    },
  });
  await expect(verification).rejects.toThrow(
    'tokenizer.json: was changed while it was verified [file-changed]',
  );
  expect(readdirSync(directory)).toContain('tokenizer.json');
});
