// npm test: everything that must hold, from a fresh clone. Ends with the count of all tests.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished, run } from './process.mjs';
import { root, setup } from './setup.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);
const venv = (name) => join(root, '.venv', 'bin', name);
const check = (what, command, args, options) =>
  finished(what, () => run(command, args, { cwd: root, ...options }));

/** The backend suite that the Python package onnx brings. */
function onnxSuite() {
  const code = 'import importlib.util as u; print(u.find_spec("onnx").submodule_search_locations[0])';
  const onnx = execFileSync(venv('python'), ['-c', code], { encoding: 'utf8' }).trim();
  return join(onnx, 'backend', 'test', 'data');
}

async function main() {
  await setup();
  await check('types', bin('tsc'), ['-p', 'tsconfig.json']);
  await check('eslint', bin('eslint'), ['.']);
  await check('prettier', bin('prettier'), ['--check', '--log-level', 'warn', '.']);
  await check('imports', bin('depcruise'), ['lib', '--config', '.dependency-cruiser.cjs']);
  await check('ruff', venv('ruff'), ['check', '.'], { cwd: join(root, 'stages') });
  await check('ruff of examples', venv('ruff'), ['check', '--config', 'stages/pyproject.toml', 'examples']);
  await check('mypy', venv('mypy'), [], { cwd: join(root, 'stages') });
  await check('build', process.execPath, ['scripts/build.mjs']);
  await check('unused', bin('knip'), []);
  await check('package', bin('publint'), []);
  await check('package types', bin('attw'), ['--pack', '.', '--profile', 'node16', '--quiet']);

  const conformance = ['dist/lib/cli/main.js', 'conformance', onnxSuite(), '--require', '96'];
  await check('ONNX conformance', process.execPath, conformance);

  const pytest = join(root, '.venv', 'pytest.xml');
  await check('pytest', venv('pytest'), ['-q', `--junitxml=${pytest}`], { cwd: join(root, 'stages') });
  const jest = join(root, 'node_modules', '.jest.json');
  await check('jest', bin('jest'), ['--ci', '--maxWorkers=100%', '--json', `--outputFile=${jest}`]);

  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(jest, 'utf8'));
  const python = Number(/ tests="(\d+)"/.exec(readFileSync(pytest, 'utf8'))?.[1]);
  console.log(`${numPassedTests + python} passed, ${numFailedTests} failed`);
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
