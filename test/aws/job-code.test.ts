import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib/core';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Template } from 'aws-cdk-lib/assertions';
import { JobCode, type JobCodeProps } from '../../lib/aws';
import type { Plan } from '../../lib/pipeline';
import { statementsOf } from './policies';

const LAUNCH = join(__dirname, '../../lib/aws/job-code/launch.py');
const plan: Plan = { schemaVersion: 1, pipeline: 'tiny', start: 'train', steps: [] };

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'job-code-test-'));
}

/** User's code with all that may lie about beside it. */
function createSource(): string {
  const source = temporary();
  const files = {
    'train.py': 'def train(): ...\n',
    'layers/dense.py': 'UNITS = 8\n',
    '__pycache__/train.cpython-311.pyc': 'cache',
    'layers/dense.pyc': 'cache',
    '.venv/bin/python': 'environment',
    'data/raw.csv': 'raw',
    'layers/data/table.json': '[]',
    '.model-pipeline/tiny/runs/1': 'result',
    'tests/test_train.py': 'assert True\n',
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), content);
  }
  return source;
}

function synth(props: Partial<JobCodeProps> = {}) {
  const app = new App({ outdir: temporary(), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Test');
  const code = new JobCode(stack, 'Code', { plan, source: createSource(), ...props });
  return { code, archive: join(app.outdir, code.asset.assetPath), stack };
}

/** What the code holds, unpacked. */
function unpacked(props?: Partial<JobCodeProps>): string {
  const directory = join(temporary(), 'code');
  execFileSync('python3', ['-m', 'zipfile', '-e', synth(props).archive, directory]);
  return directory;
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

test('is the entry, the stage programs, the plan and the user’s code, and nothing that lies about', () => {
  const files = filesOf(unpacked());
  expect(files.filter((file) => !file.startsWith('model_pipeline/'))).toEqual([
    '__main__.py',
    'plan.json',
    'pyproject.toml',
    'source/layers/data/table.json',
    'source/layers/dense.py',
    'source/train.py',
  ]);
  expect(files).toContain('model_pipeline/__init__.py');
  expect(files.join()).not.toMatch(/__pycache__|\.pyc/);
});

test('carries the plan', () => {
  expect(JSON.parse(readFileSync(join(unpacked(), 'plan.json'), 'utf8'))).toEqual(plan);
});

test('is the same asset wherever the same code lies', () => {
  expect(synth().code.asset.assetHash).toBe(synth().code.asset.assetHash);
  const changed = createSource();
  writeFileSync(join(changed, 'train.py'), 'def train(): return {}\n');
  expect(synth({ source: changed }).code.asset.assetHash).not.toBe(synth().code.asset.assetHash);
});

test('may be read as the one object that it is', () => {
  const { code, stack } = synth();
  code.grantRead(new Role(stack, 'Role', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') }));
  const key = `${code.asset.assetHash}.zip`;
  expect(statementsOf(Template.fromStack(stack)).slice(1)).toMatchObject([
    { actions: ['s3:GetObject'], resources: [expect.stringMatching(new RegExp(`/${key}$`))] },
    { actions: ['s3:ListBucket'], condition: { StringLike: { 's3:prefix': [`${key}*`] } } },
  ]);
  expect(code.entrypoint('/opt/ml/input/data/code')).toEqual(['python3', `/opt/ml/input/data/code/${key}`]);
});

test('with wheels, brings them along and needs no network', () => {
  const wheelhouse = temporary();
  writeFileSync(join(wheelhouse, 'numpy-2.4.6-cp312.whl'), '');
  expect(synth({ wheelhouse }).code.offline).toBe(true);
  expect(filesOf(unpacked({ wheelhouse }))).toContain('wheels/numpy-2.4.6-cp312.whl');
});

test('a directory of wheels that is not there is refused', () => {
  expect(() => synth({ wheelhouse: '/none' })).toThrow(
    'job code: 1 problem\n  /none: is not a directory that exists [wheelhouse-missing]\n' +
      '    fix: Fill it with `pip download --dest <directory> …`, or leave `wheelhouse` out.',
  );
});

describe('in a container', () => {
  /** The code without dependencies to install, with its own adapter or one that tells how it was started. */
  function packed(format: 'directory' | 'zip', adapterKind: 'own' | 'telling' = 'telling'): string {
    const target = unpacked();
    const adapter = [
      'import json, os, pathlib, sys',
      'import model_pipeline',
      'plan = json.loads(pathlib.Path(sys.argv[2]).read_text())',
      'source = pathlib.Path(sys.argv[2]).parent / "source" / "train.py"',
      'print(json.dumps([sys.argv[1], plan["pipeline"], source.read_text(), *sys.argv[3:]]))',
    ];
    if (adapterKind === 'telling')
      writeFileSync(join(target, 'model_pipeline', 'sagemaker.py'), adapter.join('\n'));
    writeFileSync(join(target, 'pyproject.toml'), '[project]\ndependencies = ["torch==2.13.0"]\n');
    writeFileSync(join(target, 'source', 'requirements.txt'), '');
    if (format === 'directory') return target;
    const zip = join(temporary(), 'code.zip');
    execFileSync('python3', ['-m', 'zipfile', '-c', zip, ...readdirSync(target)], { cwd: target });
    return zip;
  }

  test.each(['directory', 'zip'] as const)(
    'runs as a %s: unpacks itself and becomes the adapter',
    (format) => {
      const output = execFileSync('python3', [packed(format), '--step', 'train', '--kind', 'training'], {
        encoding: 'utf8',
        cwd: temporary(),
      });
      expect(JSON.parse(output)).toEqual([
        '--plan',
        'tiny',
        'def train(): ...\n',
        '--step',
        'train',
        '--kind',
        'training',
      ]);
    },
  );

  /** The code of a framework's jobs, which may install from an empty directory alone. */
  function packedFor(framework: string): string {
    const code = packed('directory');
    writeFileSync(
      join(code, 'pyproject.toml'),
      '[project]\ndependencies = ["torch==0"]\n[project.optional-dependencies]\n' +
        'tensorflow = ["keras==0", "tensorflow-cpu==0", "no-such-package==1"]\n',
    );
    const plan = { pipeline: 'tiny', steps: [{ kind: 'job', framework }] };
    writeFileSync(join(code, 'plan.json'), JSON.stringify(plan));
    mkdirSync(join(code, 'wheels'));
    return code;
  }

  test('installs what the framework of the jobs needs beside it, and nothing for the other', () => {
    const pytorch = spawnSync('python3', [packedFor('pytorch'), '--kind', 'training'], { encoding: 'utf8' });
    expect(pytorch.status).toBe(0);
    const tensorflow = spawnSync('python3', [packedFor('tensorflow'), '--kind', 'training'], {
      encoding: 'utf8',
    });
    expect(tensorflow.stderr).toContain('No matching distribution found for no-such-package==1');
    expect(tensorflow.status).toBe(1);
  });

  test('leaves the container a protobuf that its TensorFlow reads', () => {
    const container = temporary();
    const metadata = join(container, 'tensorflow_cpu-2.19.0.dist-info');
    mkdirSync(metadata);
    writeFileSync(join(metadata, 'top_level.txt'), 'tensorflow\n');
    writeFileSync(
      join(metadata, 'METADATA'),
      'Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.19.0\nRequires-Dist: protobuf==0.0.1\nRequires-Dist: six\n',
    );
    const code = packedFor('tensorflow');
    writeFileSync(
      join(code, 'pyproject.toml'),
      '[project]\ndependencies = []\n[project.optional-dependencies]\ntensorflow = []\n',
    );
    const { stderr } = spawnSync('python3', [code], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: container },
    });
    expect(stderr).toContain('No matching distribution found for protobuf==0.0.1');
  });

  test('of a tuning is started by what the container’s toolkit starts, whatever it is called with', () => {
    const zip = packed('zip');
    const output = execFileSync('python3', [LAUNCH, '--rate', '0.5'], {
      encoding: 'utf8',
      env: { ...process.env, SM_CHANNEL_CODE: dirname(zip), MODEL_PIPELINE_STEP: 'tune' },
    });
    expect(JSON.parse(output)).toMatchObject({ 1: 'tiny', 4: 'tune', 6: 'training' });
  });

  test('starts the adapter that it brings, which reads the plan that it brings', () => {
    const { status, stderr } = spawnSync(
      'python3',
      [packed('zip', 'own'), '--step', 'train', '--kind', 'training'],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toContain('error: the plan has no job "train"');
    expect(status).toBe(1);
  });

  test('ends with the adapter’s exit code', () => {
    const code = packed('directory');
    writeFileSync(join(code, 'model_pipeline', 'sagemaker.py'), 'import sys\nsys.exit(3)\n');
    const { status } = spawnSync('python3', [code, '--kind', 'training']);
    expect(status).toBe(3);
  });
});
