import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';
import { createProject, packLibrary } from './pack';

jest.setTimeout(240_000);

const CLOUDS = {
  aws: {
    peers: ['aws-cdk-lib', 'constructs'],
    app: `import { App, Stack } from 'aws-cdk-lib/core';
import { ArtifactStore } from 'cdk-model-pipeline/aws';
import type { PipelineDefinition } from 'cdk-model-pipeline';

export const name = (definition: PipelineDefinition): string => definition.name;
const app = new App();
const store = new ArtifactStore(new Stack(app, 'Consumer'), 'Store');
export const uri: string = store.s3Uri('models/');
console.log(app.synth().stacks.length, 'stack');
`,
  },
  google: {
    peers: ['@cdktf/provider-google', 'cdktf', 'constructs'],
    app: `import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { ArtifactStore, type Project } from 'cdk-model-pipeline/google';
import type { PipelineDefinition } from 'cdk-model-pipeline';

export const name = (definition: PipelineDefinition): string => definition.name;
const project: Project = { id: 'my-project-123456', number: '123456789012', region: 'europe-west4' };
const app = new App();
const stack = new TerraformStack(app, 'Consumer');
new GoogleProvider(stack, 'Google', { project: project.id, region: project.region });
const store = new ArtifactStore(stack, 'Store', { project });
export const uri: string = store.uri('models/');
app.synth();
console.log(1, 'stack');
`,
  },
} as const;

let projects: Readonly<Record<keyof typeof CLOUDS | 'none', string>>;

beforeAll(async () => {
  const tarball = packLibrary();
  projects = {
    aws: await createProject(tarball, CLOUDS.aws.peers),
    google: await createProject(tarball, CLOUDS.google.peers),
    none: await createProject(tarball, []),
  };
});

function run(project: string, script: string) {
  return spawnSync(process.execPath, ['--input-type=commonjs', '-e', script], {
    cwd: project,
    encoding: 'utf8',
  });
}

/** What TypeScript finds in the app and in this library's own declarations. */
function typeErrors(project: string, source: string): { errors: string[]; javascript: string } {
  const file = join(project, 'app.ts');
  writeFileSync(file, source);
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.Node20,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: ['node'],
    typeRoots: [join(project, 'node_modules', '@types')],
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: false,
  });
  const ours = join(project, 'node_modules', 'cdk-model-pipeline') + sep;
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === file || fileName.startsWith(ours));
  expect(files.length).toBeGreaterThan(20);
  const errors = files
    .flatMap((checked) => [
      ...program.getSyntacticDiagnostics(checked),
      ...program.getSemanticDiagnostics(checked),
    ])
    .map(
      ({ file: place, messageText }) =>
        `${place?.fileName.replace(project, '') ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  let javascript = '';
  program.emit(program.getSourceFile(file), (_, text) => (javascript = text));
  return { errors, javascript };
}

describe.each([
  ['aws', 'google'],
  ['google', 'aws'],
] as const)('a project that has only the peers of ./%s', (cloud, other) => {
  test('compiles against it, and synthesises', () => {
    const { errors, javascript } = typeErrors(projects[cloud], CLOUDS[cloud].app);
    expect(errors).toEqual([]);
    const { stdout, stderr } = run(projects[cloud], javascript);
    expect(stderr).toBe('');
    expect(stdout).toBe('1 stack\n');
  });

  test(`is told how to install the peers of ./${other}`, () => {
    const { status, stderr } = run(projects[cloud], `require('cdk-model-pipeline/${other}')`);
    const missing = CLOUDS[other].peers.filter((name) => name !== 'constructs');
    expect(status).toBe(1);
    expect(stderr).toContain(`cdk-model-pipeline/${other}`);
    for (const name of missing) expect(stderr).toContain(`${name}: is not installed`);
    expect(stderr).toContain(`Install it: npm install ${missing.join(' ')}`);
    expect(stderr).not.toContain('Cannot find module');
  });
});

test.each([
  ['aws', 'aws-cdk-lib'],
  ['google', 'cdktf'],
] as const)(
  './%s loads nothing of %s before a construct is made, and names every class for import',
  (cloud, peer) => {
    const entry = JSON.stringify(`cdk-model-pipeline/${cloud}`);
    const script = `
    require(${entry});
    console.log(Object.keys(require.cache).filter((file) => file.includes('/node_modules/${peer}/')));
    import(${entry}).then(({ ModelPipeline }) => console.log(ModelPipeline.name));`;
    expect(run(projects[cloud], script)).toMatchObject({ stdout: '[]\nModelPipeline\n', stderr: '' });
  },
);

test.each(['cdk-model-pipeline', 'cdk-model-pipeline/local', 'cdk-model-pipeline/serving'])(
  '%s needs no peer to be imported',
  (entry) => {
    const script = `import(${JSON.stringify(entry)}).then((module) => console.log(Object.keys(module).length > 0))`;
    expect(run(projects.none, script)).toMatchObject({ stdout: 'true\n', stderr: '' });
  },
);

test('the parity report needs no peer', () => {
  const main = join(projects.none, 'node_modules', 'cdk-model-pipeline', 'dist', 'lib', 'cli', 'main.js');
  const definition = join(process.cwd(), 'examples', 'spam-filter');
  const { status, stdout } = spawnSync(process.execPath, [main, 'parity', definition], { encoding: 'utf8' });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^google: \d+ supported/m);
});
