import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ArtifactStore, JobCode, type JobCodeProps } from '../../lib/google';
import type { Plan } from '../../lib/pipeline';
import { JobStack, project } from './job-stack';
import { terraformMissing } from './terraform/terraform';

const plan = {
  schemaVersion: 1,
  pipeline: 'tiny',
  start: 'train',
  steps: [
    {
      id: 'train',
      kind: 'job',
      framework: 'pytorch',
      program: 'train',
      parameters: { entry: 'train.py', hyperparameters: { rate: 0.5 } },
      inputs: { data: { from: 'dataset' }, preprocessing: { from: 'dataset' } },
      outputs: ['model', 'metrics'],
    },
  ],
} as unknown as Plan;

const TRAIN = `
def train(data_dir, model_dir, hyperparameters):
    (model_dir / "weights.safetensors").write_text((data_dir / "train.jsonl").read_text())
    return hyperparameters
`;

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'job-code-test-'));
}

function write(directory: string, files: Readonly<Record<string, string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

function createSource(): string {
  return write(temporary(), { 'train.py': TRAIN, '__pycache__/train.pyc': 'x' });
}

const all = new JobStack('code');
afterAll(() => {
  all.remove();
});
const store = new ArtifactStore(all.stack, 'Store', { project, bucketName: 'models' });
let made = 0;

function create(props: Partial<JobCodeProps> = {}): { code: JobCode; id: string } {
  made += 1;
  const id = `Code${made}`;
  return { code: new JobCode(all.stack, id, { plan, source: createSource(), store, ...props }), id };
}

interface Uploaded {
  readonly name: string;
  readonly source: string;
  readonly bucket: string;
}

function uploaded(id: string): Uploaded[] {
  return all.resources('google_storage_bucket_object', `${id}_`) as unknown as Uploaded[];
}

test('is one object under a prefix that is named after its content', () => {
  const { code, id } = create();
  const [prefix = ''] = code.location.prefixes;
  expect(prefix).toMatch(/^code\/[0-9a-f]{16}\/$/);
  expect(code.location.path).toBe(JSON.stringify(prefix));
  expect(code.command).toEqual(['python3', `/gcs/models/${prefix}code.zip`]);
  expect(uploaded(id)).toMatchObject([{ name: `${prefix}code.zip`, bucket: 'models' }]);
});

test('is the same wherever the same code lies, and another when it changes', () => {
  const { code } = create();
  expect(create().code.location).toEqual(code.location);
  const changed = write(createSource(), { 'train.py': `${TRAIN}# changed\n` });
  expect(create({ source: changed }).code.location).not.toEqual(code.location);
});

test('brings wheels along, and refuses a directory of them that is not there', () => {
  const wheelhouse = write(temporary(), { 'numpy-2.4.6-cp312.whl': '' });
  expect(create({ wheelhouse }).code.location).not.toEqual(create().code.location);
  expect(() => create({ wheelhouse: '/none' })).toThrow(
    'job code: 1 problem\n  /none: is not a directory that exists [wheelhouse-missing]',
  );
});

/** The code in a directory that stands for the mounted bucket, without dependencies to install. */
function mounted(): { bucket: string; archive: string } {
  const bucket = temporary();
  const { code, id } = create();
  const unpacked = temporary();
  zip('-e', join(all.synth(), uploaded(id)[0]?.source ?? ''), unpacked);
  write(unpacked, {
    'pyproject.toml': '[project]\ndependencies = ["torch==2.13.0"]\n',
    'source/requirements.txt': '',
  });
  const archive = join(bucket, code.location.prefixes[0] ?? '', 'code.zip');
  mkdirSync(dirname(archive), { recursive: true });
  zip('-c', archive, ...readdirSync(unpacked).map((name) => join(unpacked, name)));
  return { bucket, archive };
}

function zip(...parameters: readonly string[]): void {
  execFileSync('python3', ['-m', 'zipfile', ...parameters]);
}

test('runs a step in a container that has the bucket as a directory', () => {
  const { bucket, archive } = mounted();
  const prepared = join(bucket, 'runs/r1/training/preprocess');
  write(prepared, { 'data/train.jsonl': '{}\n', 'preprocessing/preprocessing.json': '{}\n' });
  const trained = (name: string) => join(bucket, 'runs/r1/training/train', name);
  const parameters = [
    ...['--step', 'train'],
    ...['data', 'preprocessing'].flatMap((name) => ['--input', `${name}=${join(prepared, name)}`]),
    ...['model', 'metrics'].flatMap((name) => ['--output', `${name}=${trained(name)}`]),
  ];
  const { status, stderr } = spawnSync('python3', [archive, ...parameters], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(readFileSync(join(trained('model'), 'weights.safetensors'), 'utf8')).toBe('{}\n');
  expect(JSON.parse(readFileSync(join(trained('metrics'), 'metrics.json'), 'utf8'))).toEqual({ rate: 0.5 });

  const again = spawnSync('python3', [archive, ...parameters], { encoding: 'utf8' });
  expect([again.status, again.stdout]).toEqual([0, 'train was done by an earlier try\n']);

  const wrong = spawnSync('python3', [archive, '--step', 'tune'], { encoding: 'utf8' });
  expect(wrong.status).toBe(1);
  expect(JSON.parse(wrong.stderr)).toEqual({
    severity: 'ERROR',
    message: 'tune: the plan has no job "tune"',
    step: 'tune',
  });
}, 60_000);

test('terraform takes it, and finds the bytes that the prefix names', async () => {
  const { code, id } = create();
  const directory = all.synth();
  const archive = readFileSync(join(directory, uploaded(id)[0]?.source ?? ''));
  const digest = createHash('sha256').update(archive).digest('hex');
  expect(code.location.prefixes).toEqual([`code/${digest.slice(0, 16)}/`]);
  if (await terraformMissing()) return;
  expect(await all.terraform(['validate'])).toMatchObject([{ code: 0 }]);
}, 60_000);
