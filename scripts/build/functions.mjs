/** Bundles the Lambda functions: archives that CDK deploys as they are, without building anything. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { licenseTexts } from './licenses.mjs';

/** docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: deployment package, unzipped. */
const LAMBDA_LIMIT_BYTES = 262_144_000;

/** Started as a process of its own, as the file `child` beside the one that starts it. */
const CHILD_PROCESS = './child';

/** `packages` hold native code: they travel as files, these of each. Lambda's runtime brings the SDK. */
const FUNCTIONS = [
  {
    name: 'program',
    entries: { index: 'lib/aws/functions/program.ts', child: 'lib/artifact/runtime/child.ts' },
    packages: {
      'onnxruntime-node': ['package.json', 'dist', 'bin/napi-v6/linux/x64'],
      'onnxruntime-common': ['package.json', 'dist/cjs'],
    },
  },
  { name: 'feedback', entries: { index: 'lib/aws/functions/feedback.ts' }, packages: {} },
  { name: 'gate', entries: { index: 'lib/aws/functions/gate.ts' }, packages: {} },
  { name: 'scaling', entries: { index: 'lib/aws/functions/scaling.ts' }, packages: {} },
  { name: 'smoke-test', entries: { index: 'lib/aws/functions/smoke-test.ts' }, packages: {} },
];

/**
 * Writes `<outdir>/<function>.zip` for every function, so that no synthesis copies 45 MB of native code, and
 * beside it the digest that CDK takes for the hash of the asset. The same sources give the same bytes.
 *
 * @param root directory of the repository
 * @returns name and size in bytes of each
 */
export async function buildFunctions(root, outdir) {
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const zipBlocks = await loadZipBlocks(root);
  return Promise.all(
    FUNCTIONS.map(async (fn) => {
      const directory = join(outdir, fn.name);
      await mkdir(directory, { recursive: true });
      const dependencies = Object.keys(fn.packages);
      const inputs = await bundle(root, fn.entries, dependencies, directory);
      for (const [dependency, paths] of Object.entries(fn.packages)) {
        await copyPackage(root, dependency, paths, directory);
      }
      const packages = dependencies.map((dependency) => `node_modules/${dependency}/`);
      const licenses = await licenseTexts(root, [...inputs, ...packages]);
      if (licenses !== '') await writeFile(join(directory, 'LICENSES.txt'), licenses);
      await writeFile(
        join(directory, 'package.json'),
        `${JSON.stringify({ name, version, type: 'commonjs' }, null, 2)}\n`,
      );
      const files = await filesOf(directory);
      const bytes = await checkedSize(fn.name, files);
      await writeFile(`${directory}.zip`, Buffer.concat([...zipBlocks(files, 'deflated')]));
      await writeFile(`${directory}.zip.sha256`, `${await digestOf(files)}\n`);
      await rm(directory, { recursive: true });
      return { name: fn.name, bytes };
    }),
  );
}

/** The library's own writer of archives, which is TypeScript. */
async function loadZipBlocks(root) {
  const entryPoints = [join(root, 'lib/job-code/zip-blocks.ts')];
  const { outputFiles } = await build({ entryPoints, platform: 'node', format: 'esm', write: false });
  const { zipBlocks } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return zipBlocks;
}

/** @returns every file below a directory, in the order of the names */
async function filesOf(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((from) => ({ name: relative(directory, from).split(sep).join('/'), from }));
}

/** @returns SHA-256 of every file with its name */
async function digestOf(files) {
  const hash = createHash('sha256');
  for (const { name, from } of files) {
    hash
      .update(`${name}\0`)
      .update(await readFile(from))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @returns the files that went in, relative to `root` */
async function bundle(root, entryPoints, dependencies, outdir) {
  const { metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['@aws-sdk/*', ...dependencies, CHILD_PROCESS],
    legalComments: 'eof',
    charset: 'utf8',
    metafile: true,
    logLevel: 'warning',
  });
  if (warnings.length > 0) throw new Error(`esbuild warns of ${Object.values(entryPoints).join(', ')}`);
  checkImports(
    Object.values(metafile.outputs).flatMap(({ imports }) => imports),
    dependencies,
  );
  return Object.keys(metafile.inputs);
}

/** What a bundle still loads when it runs must be there: a forgotten one fails only in Lambda. */
function checkImports(imports, packages) {
  const provided = ['@aws-sdk', ...packages];
  const unknown = imports.filter(
    ({ external, path }) =>
      external &&
      path !== CHILD_PROCESS &&
      !isBuiltin(path) &&
      !provided.some((name) => path === name || path.startsWith(`${name}/`)),
  );
  if (unknown.length === 0) return;
  throw new Error(`a Lambda bundle lacks ${[...new Set(unknown.map(({ path }) => path))].join(', ')}`);
}

async function copyPackage(root, name, paths, directory) {
  const source = join(root, 'node_modules', name);
  const target = join(directory, 'node_modules', name);
  for (const path of paths) {
    await cp(join(source, path), join(target, path), {
      recursive: true,
      filter: (file) => !/\.(d\.ts|map)$/.test(file),
    });
  }
}

async function checkedSize(name, files) {
  const sizes = await Promise.all(files.map(({ from }) => stat(from)));
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= LAMBDA_LIMIT_BYTES) return bytes;
  throw new Error(`the function ${name} has ${bytes} bytes unpacked; Lambda allows ${LAMBDA_LIMIT_BYTES}`);
}
