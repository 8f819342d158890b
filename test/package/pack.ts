import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as tar from 'tar';

const ROOT = resolve('.');

interface PackageJson {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * The package as npm would publish it, without what is no JavaScript of the library: functions, stage
 * programs, documentation.
 *
 * @returns the tarball
 */
export function packLibrary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'package-'));
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(file, join(directory, file));
  // Types are checked elsewhere; here it takes their declarations alone.
  const args = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(directory, 'dist')];
  node(createRequire(__filename).resolve('typescript/bin/tsc'), args, ROOT);
  node(join(ROOT, 'scripts', 'build', 'lazy-imports.mjs'), [join(directory, 'dist')], ROOT);
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--offline', '--json', '--loglevel=error'],
    {
      cwd: directory,
      encoding: 'utf8',
    },
  );
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  return join(directory, filename);
}

/** An empty project that has installed the tarball, and these of its peers. */
export async function createProject(tarball: string, peers: readonly string[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'consumer-'));
  const installed = join(project, 'node_modules', 'cdk-model-pipeline');
  mkdirSync(installed, { recursive: true });
  await tar.extract({ file: tarball, cwd: installed, strip: 1 });
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  ) as PackageJson;
  for (const name of [...Object.keys(dependencies), ...peers, '@types/node']) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    // What is linked finds its own dependencies in this repository; what was extracted does not.
    symlinkSync(join(ROOT, 'node_modules', name), link, 'dir');
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  return project;
}

export function node(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(process.execPath, [file, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
