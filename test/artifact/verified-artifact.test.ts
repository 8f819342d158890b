import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keySigner, signDirectory, VerifiedArtifact, type VerificationReport } from '../../lib/artifact';
import { digestDirectory, renderManifest } from '../../lib/artifact/manifest';
import { IssueError, type Issue } from '../../lib/issue';
import { keyPair } from './provenance/support';
import { copyOfSpamFilter, FIXTURES, SPAM_FILTER } from './support';

function issuesOf(directory: string): readonly Issue[] {
  try {
    VerifiedArtifact.fromDirectory(directory);
    return [];
  } catch (error) {
    if (error instanceof IssueError) return error.issues;
    throw error;
  }
}

const summaries = (directory: string) =>
  issuesOf(directory).map(({ code, path, message }) => `${code} ${path}: ${message}`);

function edit(file: string, change: (json: Record<string, unknown>) => object): void {
  writeFileSync(
    file,
    JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)),
  );
}

/** A copy whose manifest lists whatever is there: only the report can give it away. */
function remanifested(change: (directory: string) => void, version?: string): string {
  const directory = copyOfSpamFilter();
  change(directory);
  const known = VerifiedArtifact.fromDirectory(SPAM_FILTER).version;
  const about = { pipeline: 'spam-filter', version: version ?? known, runtime: 'onnx' } as const;
  writeFileSync(join(directory, 'manifest.json'), renderManifest(about, digestDirectory(directory)));
  return directory;
}

test('reads a version', () => {
  const artifact = VerifiedArtifact.fromDirectory(SPAM_FILTER);
  expect(artifact).toMatchObject({
    directory: SPAM_FILTER,
    pipeline: 'spam-filter',
    version: '8bf4fa2c2110',
    digest: '1c68a2c0ac4c457295da4ce6396195b0b3c45aedd418a259de2636477bd6fd3e',
    bytes: 1405,
    runtime: 'onnx',
    archive: join(SPAM_FILTER, 'model.tar.gz'),
    signature: { inputs: { tokens: { dtype: 'int64', shape: ['batch', 256] } } },
  });
  expect(artifact.report.verdict).toBe('passed');
});

test('one changed weight is another digest and another version', () => {
  const changed = VerifiedArtifact.fromDirectory(join(FIXTURES, 'versions', 'spam-filter-changed'));
  const artifact = VerifiedArtifact.fromDirectory(SPAM_FILTER);
  expect(changed.digest).not.toBe(artifact.digest);
  expect(changed.version).not.toBe(artifact.version);
});

test('a missing directory is told, with the command that makes one', () => {
  expect(() => VerifiedArtifact.fromDirectory('/nowhere')).toThrow(
    [
      'version /nowhere: 1 problem',
      '  /nowhere: is not a directory that exists [version-missing]',
      '    fix: make a version with `model-pipeline run <example>`, or correct the path',
    ].join('\n'),
  );
});

test('every changed, missing and extra file is told at once', () => {
  const directory = copyOfSpamFilter();
  writeFileSync(join(directory, 'metrics.json'), '{}');
  writeFileSync(join(directory, 'golden', 'more.json'), '{}');
  rmSync(join(directory, 'preprocessing', 'tokenizer.json'));
  expect(summaries(directory)).toEqual([
    `file-changed ${directory}/metrics.json: was changed after the version was registered`,
    `file-missing ${directory}/preprocessing/tokenizer.json: is in the manifest but does not exist`,
    `file-extra ${directory}/golden/more.json: is not part of the registered version`,
  ]);
  expect(issuesOf(directory)[0]?.fix).toBe('make the version again with `model-pipeline run <example>`');
});

test('a model with other bytes than those verified is told twice over', () => {
  const directory = copyOfSpamFilter();
  cpSync(join(FIXTURES, 'versions', 'spam-filter-changed', 'model.onnx'), join(directory, 'model.onnx'));
  expect(summaries(directory)).toEqual([
    `file-changed ${directory}/model.onnx: was changed after the version was registered`,
    `report-foreign ${directory}/verification.json: vouches for other bytes than those of model.onnx`,
  ]);
  expect(issuesOf(directory)[1]?.fix).toBe(
    `verify these with \`model-pipeline verify ${directory}\`, and make a version with \`model-pipeline run <example>\``,
  );
});

test('a manifest written anew does not hide another model', () => {
  const directory = remanifested((copy) => {
    cpSync(join(FIXTURES, 'versions', 'spam-filter-changed', 'model.onnx'), join(copy, 'model.onnx'));
  });
  expect(issuesOf(directory).map(({ code }) => code)).toEqual(['version-id', 'report-foreign']);
});

test('a missing report is told, and everything else is still checked', () => {
  const directory = copyOfSpamFilter();
  rmSync(join(directory, 'verification.json'));
  rmSync(join(directory, 'signature.json'));
  expect(issuesOf(directory).map(({ code, path }) => `${code} ${path.slice(directory.length)}`)).toEqual([
    'file-missing /verification.json',
    'file-missing /signature.json',
    'file-missing /signature.json',
    'file-missing /verification.json',
  ]);
});

function withReport(change: (report: VerificationReport) => object): string {
  return remanifested((copy) => {
    edit(join(copy, 'verification.json'), (json) => change(json as unknown as VerificationReport));
  });
}

test('a failed report is told with the checks that failed', () => {
  const directory = withReport((report) => ({
    ...report,
    verdict: 'failed',
    checks: report.checks.map((check) => (check.id === 'batch' ? { ...check, verdict: 'failed' } : check)),
  }));
  expect(issuesOf(directory)).toEqual([
    {
      code: 'report-failed',
      path: join(directory, 'verification.json'),
      message: 'verification failed: batch',
      fix: `see the findings with \`model-pipeline verify ${directory}\`, mend the model, and make a version with \`model-pipeline run <example>\``,
    },
  ]);
});

test.each(['signature', 'golden-tensors', 'golden-raw'])('a report that skipped "%s" does not do', (id) => {
  const directory = withReport((report) => ({
    ...report,
    checks: report.checks.map((check) => (check.id === id ? { ...check, verdict: 'skipped' } : check)),
  }));
  expect(issuesOf(directory).map(({ code, message }) => `${code}: ${message}`)).toEqual([
    `report-incomplete: check "${id}" was not run`,
  ]);
});

test('a report without any check does not do', () => {
  const directory = withReport((report) => ({ ...report, checks: [] }));
  expect(issuesOf(directory).map(({ code }) => code)).toEqual([
    'report-incomplete',
    'report-incomplete',
    'report-incomplete',
  ]);
});

test('a file that is no report, and one that is no manifest, are told', () => {
  const directory = copyOfSpamFilter();
  writeFileSync(join(directory, 'verification.json'), '{"verdict": "passed"}');
  writeFileSync(
    join(directory, 'manifest.json'),
    '{"schemaVersion": 1, "runtime": "tflite", "files": {"a": "b"}}',
  );
  expect(summaries(directory)).toEqual([
    `manifest ${directory}/manifest.json: pipeline: got nothing, wanted a string`,
    `manifest ${directory}/manifest.json: version: got nothing, wanted 12 hexadecimal digits`,
    `manifest ${directory}/manifest.json: runtime: got "tflite", wanted "onnx", "triton" or "vllm"`,
    `manifest ${directory}/manifest.json: files: got {"a":"b"}, wanted digests by path`,
    `report ${directory}/verification.json: schemaVersion: Invalid input: expected 1`,
    `report ${directory}/verification.json: model: Invalid input: expected object, received undefined`,
    `report ${directory}/verification.json: verifier: Invalid input: expected object, received undefined`,
    `report ${directory}/verification.json: checks: Invalid input: expected array, received undefined`,
  ]);
});

test('a symbolic link in a version is refused', () => {
  const directory = copyOfSpamFilter();
  symlinkSync('/etc/hostname', join(directory, 'link'));
  expect(summaries(directory)).toEqual([`file-kind ${directory}/link: is neither a file nor a directory`]);
});

test('a version without its archive is not one', () => {
  const directory = remanifested((copy) => {
    rmSync(join(copy, 'model.tar.gz'));
  });
  expect(summaries(directory)).toEqual([`file-missing ${directory}/model.tar.gz: is not in the manifest`]);
});

describe('with a public key', () => {
  const { privatePem, publicPem: publicKey } = keyPair();
  const read = (directory: string) => () => VerifiedArtifact.fromDirectory(directory, { publicKey });

  test('a version that its holder signed is read', async () => {
    const directory = copyOfSpamFilter();
    await signDirectory(directory, keySigner(privatePem));
    expect(read(directory)().version).toBe('8bf4fa2c2110');
    expect(VerifiedArtifact.fromDirectory(directory).version).toBe('8bf4fa2c2110');
  });

  test('one that nobody signed, or somebody else, is refused', async () => {
    const directory = copyOfSpamFilter();
    expect(read(directory)).toThrow('model.sig: does not exist: nobody signed [provenance-missing]');
    await signDirectory(directory, keySigner(keyPair().privatePem));
    expect(read(directory)).toThrow('[provenance-key]');
  });

  test('the manifest is signed too: another pipeline name does not pass', async () => {
    const directory = copyOfSpamFilter();
    await signDirectory(directory, keySigner(privatePem));
    edit(join(directory, 'manifest.json'), (manifest) => ({ ...manifest, pipeline: 'other' }));
    expect(VerifiedArtifact.fromDirectory(directory).pipeline).toBe('other');
    expect(read(directory)).toThrow(
      `${directory}/manifest.json: was changed after it was signed [provenance-file-changed]`,
    );
    rmSync(join(directory, 'manifest.json'));
    expect(read(directory)).toThrow('manifest.json: was signed but does not exist [provenance-file-missing]');
  });
});
