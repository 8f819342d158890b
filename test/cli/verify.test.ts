import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  keySigner,
  type ModelInfo,
  type SarifLog,
  signDirectory,
  type VerificationReport,
  VerifiedLanguageModel,
} from '../../lib/artifact';
import { modelPipeline } from './model-pipeline';
import { keyPair } from '../artifact/provenance/support';
import { registeredModel } from '../program/language-model';
import { writeTinyLlama } from '../artifact/write-tiny-llama';
import { modelFile, packageOf, PAIR_SIGNATURE, SPAM_FILTER, temporaryDirectory } from '../artifact/support';

jest.setTimeout(60_000);

describe('verify', () => {
  test('exits 0 for a sound version, and writes the report it is asked for', async () => {
    const file = join(temporaryDirectory(), 'report.json');
    const { code, stdout } = await modelPipeline(['verify', SPAM_FILTER, '--report', file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PASSED: \d+ of \d+ checks/m);
    expect((JSON.parse(readFileSync(file, 'utf8')) as VerificationReport).verdict).toBe('passed');
  });

  test('exits 1 with the findings, as JSON where asked', async () => {
    const { code, stdout } = await modelPipeline(['verify', modelFile('ir-14'), '--json']);
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as VerificationReport;
    expect(report.checks[0]?.findings[0]?.message).toBe('has IR version 14; the runtime takes 3 to 13');
  });

  test('writes a page for the browser, and findings for a code-scanning page', async () => {
    const [html, sarif] = ['page.html', 'findings.sarif'].map((name) => join(temporaryDirectory(), name));
    const options = ['--html', html ?? '', '--sarif', sarif ?? ''];
    const { code } = await modelPipeline(['verify', modelFile('ir-14'), ...options]);
    expect(code).toBe(1);
    expect(readFileSync(html ?? '', 'utf8')).toContain('has IR version 14');
    const { runs } = JSON.parse(readFileSync(sarif ?? '', 'utf8')) as SarifLog;
    expect(JSON.stringify(runs[0].results)).toContain('test/fixtures/models/ir-14.onnx');
  });

  test('leaves out a check for a reason, and knows what did not change', async () => {
    const cache = join(temporaryDirectory(), 'cache');
    const options = ['--cache', cache, '--exclude', 'latency=no time', '--exclude', 'batch=one by one'];
    const [first, second] = [
      await modelPipeline(['verify', SPAM_FILTER, ...options]),
      await modelPipeline(['verify', SPAM_FILTER, ...options]),
    ];
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.stdout).toContain('not run, as asked: no time');
    expect(first.stdout).toContain('not run, as asked: one by one');
    expect(second.stdout).toBe(first.stdout);
  });

  test('takes a language model, alone or as a version with its signature', async () => {
    const [model, version] = [writeTinyLlama(), await registeredModel()];
    const report = join(temporaryDirectory(), 'report.json');
    const [alone, registered] = [
      await modelPipeline(['verify', model, '--report', report]),
      await modelPipeline(['verify', version, '--json']),
    ];
    expect([alone.code, registered.code]).toEqual([0, 0]);
    expect(alone.stdout).toContain('PASSED: 5 of 6 checks; NOT CHECKED: lm-signature');
    expect(VerifiedLanguageModel.fromFiles(model, report).directory).toBe(model);
    expect((JSON.parse(registered.stdout) as VerificationReport).checks[4]).toMatchObject({
      id: 'lm-signature',
      verdict: 'passed',
    });
  });

  test('tells where a language model is wrong, and refuses options that say how a model is run', async () => {
    const model = writeTinyLlama({ files: { 'a.pkl': 'x' } });
    const sarif = join(temporaryDirectory(), 'findings.sarif');
    const { code, stdout } = await modelPipeline(['verify', model, '--sarif', sarif]);
    expect(code).toBe(1);
    expect(stdout).toContain('a.pkl: is a Python pickle, which can run code when it is loaded');
    expect(readFileSync(sarif, 'utf8')).toContain('model/config.json"');
    const options = ['--golden', SPAM_FILTER, '--exclude', 'latency=no time', '--public-key', 'x'];
    const files = ['--report', join(model, 'report.json'), '--html', join(model, '..', 'page.html')];
    const refused = await modelPipeline(['verify', model, ...options, ...files]);
    expect(refused.code).toBe(2);
    expect(refused.stderr.match(/--.*(?= \[option\])/g)).toEqual([
      '--golden: is not for language models',
      '--exclude: is not for language models',
      '--public-key: is for versions, which are signed as a whole',
      '--report: would be one file more of the model',
    ]);
  });

  test('demands that the version of a language model is signed as a whole', async () => {
    const [version, key] = [await registeredModel(), join(temporaryDirectory(), 'key.pub')];
    const { privatePem, publicPem } = keyPair();
    writeFileSync(key, publicPem);
    await signDirectory(version, keySigner(privatePem));
    const { code, stdout } = await modelPipeline(['verify', version, '--public-key', key]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ok +provenance +9 files signed\n[^]*PASSED: 7 of 7 checks/);
  });

  test('ends when it is interrupted', async () => {
    const directory = packageOf('endless-loop', {
      signature: PAIR_SIGNATURE,
      samples: [{ x: [1, 2], y: [1, 2] }],
    });
    const { code, stderr } = await modelPipeline(
      ['verify', directory, '--exclude', 'resources=the loop is what is tested'],
      { interruptAfterMs: 4000 },
    );
    expect([code, stderr]).toEqual([130, 'interrupted\n']);
  });

  test('takes tolerance, signature and golden samples', async () => {
    const { code, stdout } = await modelPipeline([
      'verify',
      join(SPAM_FILTER, 'model.onnx'),
      '--tolerance',
      '1e-12',
      '--signature',
      join(SPAM_FILTER, 'signature.json'),
      '--golden',
      join(SPAM_FILTER, 'golden'),
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('tolerance 1e-12 + 0 × |recorded|');
    expect(stdout).toContain('FAILED: golden-tensors');
  });

  test.each([
    [[], "error: missing required argument 'target'"],
    [['/nowhere'], '/nowhere: does not exist [file-missing]'],
    [
      ['/'],
      'fix: give an .onnx file, or a directory with model.onnx, or with config.json of a language model',
    ],
    [['x.onnx', '--tolerance', '-1'], "argument '-1' is invalid. It is a number, 0 or more."],
    [['x.onnx', '--golden', '/nowhere'], '/nowhere/samples.json: does not exist [file-missing]'],
    [['x.onnx', '--exclude', 'load'], 'It is the id of a check, "=", and why it is left out.'],
    [['x.onnx', '--public-key', '/nowhere'], '/nowhere: ENOENT: no such file or directory'],
    [['x.onnx', '--wat'], "error: unknown option '--wat'"],
  ])('exits 2 for %j', async (parameters, message) => {
    const { code, stderr } = await modelPipeline(['verify', ...parameters]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain('    at ');
  });
});

test('without onnxruntime-node, verify tells how to install it', async () => {
  const hook = join(temporaryDirectory(), 'hide-onnxruntime.cjs');
  writeFileSync(
    hook,
    `const Module = require('node:module');
     const resolve = Module._resolveFilename;
     Module._resolveFilename = function (request, ...rest) {
       if (request.startsWith('onnxruntime-node')) throw new Error('Cannot find module ' + request);
       return resolve.call(this, request, ...rest);
     };`,
  );
  const { code, stderr } = await modelPipeline(['verify', SPAM_FILTER], {
    env: { NODE_OPTIONS: `--require ${hook}` },
  });
  expect(code).toBe(2);
  expect(stderr).toContain('onnxruntime-node, which runs the model, is not installed [runtime-missing]');
  expect(stderr).toContain(
    'fix: install it with `ONNXRUNTIME_NODE_INSTALL=skip npm install --save-exact onnxruntime-node@1.30.0`',
  );
});

describe('inspect', () => {
  test('prints what a model holds', async () => {
    const { code, stdout } = await modelPipeline(['inspect', modelFile('nested')]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        `file           ${modelFile('nested')}, 647 bytes`,
        'written by     unknown, IR version 9',
        'opsets         ai.onnx 18, own 1',
        'inputs         x: float32 [batch, 2]',
        'outputs        y: float32 [batch, 2]',
        'parameters     11 (bool 1 bytes, float32 36 bytes, int64 8 bytes), 4 initialisers',
        'estimates      2 operations, 16 bytes of values at most, with batch = 1',
        '               without these, of unknown shape: 1 × own::Twice',
        'operators      2 × Add',
        '               2 × Constant',
        '               1 × If',
        '               1 × own::Twice',
        'functions      own::Twice',
        'external data  attribute.bin: 2 tensors',
        '               training.bin: 1 tensors',
        '',
      ].join('\n'),
    );
  });

  test('prints it as JSON', async () => {
    const { stdout } = await modelPipeline(['inspect', modelFile('identity'), '--json']);
    expect((JSON.parse(stdout) as ModelInfo).operators).toEqual([
      { domain: 'ai.onnx', name: 'Identity', count: 1 },
    ]);
  });

  test('exits 1 with a message for a file that is no model', async () => {
    const file = join(temporaryDirectory(), 'model.pt');
    writeFileSync(file, 'PK\x03\x04');
    const { code, stderr } = await modelPipeline(['inspect', file]);
    expect(code).toBe(1);
    expect(stderr).toContain('not an ONNX model: a zip archive');
    expect(stderr).not.toContain('    at ');
  });
});
