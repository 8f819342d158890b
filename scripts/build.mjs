#!/usr/bin/env node
/**
 * Builds the package: `dist/lib` by tsc and `dist/functions` by esbuild, side by side.
 *
 *   node scripts/build.mjs [--functions-only] [--out DIR]
 */
import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { buildFunctions } from './build/functions.mjs';
import { loadLazily } from './build/lazy-imports.mjs';

const ROOT = resolve(import.meta.dirname, '..');

/** What runs from `dist/lib` and is not TypeScript. */
const RUNTIME_FILES = ['lib/aws/job-code/launch.py', 'lib/job-code/__main__.py'];

/** Builds into `out`, which holds nothing else afterwards. */
export async function buildPackage({ out = join(ROOT, 'dist'), functionsOnly = false } = {}) {
  const [functions] = await Promise.all([
    rebuild(join(out, 'functions'), (directory) => buildFunctions(ROOT, directory)),
    functionsOnly || rebuild(join(out, 'lib'), () => buildLibrary(out)),
  ]);
  return { functions };
}

async function rebuild(directory, build) {
  await rm(directory, { recursive: true, force: true });
  return build(directory);
}

async function buildLibrary(out) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      join(ROOT, 'tsconfig.build.json'),
      '--outDir',
      out,
    ]);
  } catch (error) {
    throw new Error(`tsc found errors:\n${error.stdout || error.message}`, { cause: error });
  }
  await loadLazily(join(out, 'lib'));
  for (const file of RUNTIME_FILES) await cp(join(ROOT, file), join(out, file));
}

async function main() {
  const { values } = parseArgs({
    options: { 'functions-only': { type: 'boolean' }, out: { type: 'string' } },
  });
  const out = values.out && resolve(values.out);
  const { functions } = await buildPackage({ out, functionsOnly: values['functions-only'] });
  for (const { name, bytes } of functions) {
    console.log(`functions/${name}`.padEnd(24), `${(bytes / 1e6).toFixed(2)} MB unpacked`.padStart(18));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
