import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { IssueError } from '../../issue';

export type LiteRt = typeof import('@litertjs/core');

const PACKAGE = '@litertjs/core';

/** How to install the optional peer that runs TensorFlow Lite models. */
export const INSTALL_LITERT = `install it with \`npm install --save-exact ${PACKAGE}@2.5.3\``;

/** WebAssembly build that needs neither relaxed SIMD nor threads: every Node version has what it uses. */
const PROGRAM = 'litert_wasm_compat_internal.js';

/**
 * Loads LiteRT, which is made for browsers: it asks `importScripts` for its WebAssembly loader and
 * expects the loader's factory as a global. Only to be called in a process of its own.
 *
 * @throws IssueError with the install command when it is not installed
 */
export async function loadLiteRt(): Promise<LiteRt> {
  const directory = packageDirectory();
  Object.assign(globalThis, { self: globalThis, importScripts: runBrowserScript });
  const litert = (await import(PACKAGE)) as LiteRt;
  await litert.loadLiteRt(join(directory, 'wasm', PROGRAM));
  return litert;
}

function packageDirectory(): string {
  try {
    return dirname(require.resolve(`${PACKAGE}/package.json`));
  } catch (error) {
    const message = `${PACKAGE}, which runs TensorFlow Lite models, is not installed`;
    const issue = { code: 'runtime-missing', path: PACKAGE, message, fix: INSTALL_LITERT };
    throw new IssueError('runtime', [issue], { cause: error });
  }
}

/** Runs a script of the package as a CommonJS module would be, and leaves its factory where a browser does. */
function runBrowserScript(file: string): void {
  const source = `${readFileSync(file, 'utf8')}\n;return ModuleFactory;`;
  const script = compileFunction(source, ['require', '__filename', '__dirname'], { filename: file });
  const ModuleFactory: unknown = script.call(globalThis, createRequire(file), file, dirname(file));
  Object.assign(globalThis, { ModuleFactory });
}
