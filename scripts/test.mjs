// npm test: everything that must hold, from a fresh clone. Ends with the count of all tests.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run } from './process.mjs';
import { installNode, installPython, root } from './setup.mjs';

const MAIN = join('dist', 'lib', 'cli', 'main.js');
const STAGES = join(root, 'stages');
const PYTEST = join(root, '.venv', 'pytest.xml');
const JEST = join(root, 'node_modules', '.jest.json');

const bin = (name) => join(root, 'node_modules', '.bin', name);
const venv = (name) => join(root, '.venv', 'bin', name);

const failures = [];

/** Runs a check to its end, then prints all that it said. A failure keeps no other check from running. */
async function check(what, command, args, cwd = root) {
  const started = performance.now();
  const { passed, output } = await capture(command, args, { cwd });
  if (!passed) failures.push({ what, output });
  console.log(`${what}${passed ? '' : ' FAILED'}: ${seconds(started)}\n${output}`.trimEnd());
  return passed;
}

/** @returns whether the package was built */
async function checkTypeScript() {
  await installNode();
  await check('types', bin('tsc'), ['-p', 'tsconfig.json']);
  await check('eslint', bin('eslint'), ['.']);
  await check('prettier', bin('prettier'), ['--check', '--log-level', 'warn', '.']);
  await check('imports', bin('depcruise'), ['lib', '--config', '.dependency-cruiser.cjs']);
  await check('unused', bin('knip'), []);
  const built = await check('build', process.execPath, ['scripts/build.mjs']);
  await check('package', bin('publint'), []);
  await check('package types', bin('attw'), ['--pack', '.', '--profile', 'node16', '--quiet']);
  return built;
}

async function checkPython() {
  await installPython();
  await check('ruff', venv('ruff'), ['check', '.'], STAGES);
  await check('ruff of examples', venv('ruff'), ['check', '--config', 'stages/pyproject.toml', 'examples']);
  await check('mypy', venv('mypy'), [], STAGES);
  await check('pytest', venv('pytest'), ['-q', `--junitxml=${PYTEST}`], STAGES);
}

/** What needs both, and both cores. Commands start from what was built: in half the time, and as users do. */
async function checkTogether(built) {
  const conformance = [MAIN, 'conformance', onnxSuite(), '--require', '96'];
  if (built) await check('ONNX conformance', process.execPath, conformance);
  const env = built ? { ...process.env, MODEL_PIPELINE_MAIN: MAIN } : process.env;
  const jest = ['--ci', '--maxWorkers=100%', '--json', `--outputFile=${JEST}`];
  const started = performance.now();
  await run(bin('jest'), jest, { cwd: root, env }).catch(({ message }) =>
    failures.push({ what: 'jest', output: message }),
  );
  console.log(`jest: ${seconds(started)}`);
}

/** The backend suite that the Python package onnx brings. */
function onnxSuite() {
  const code = 'import importlib.util as u; print(u.find_spec("onnx").submodule_search_locations[0])';
  const onnx = execFileSync(venv('python'), ['-c', code], { encoding: 'utf8' }).trim();
  return join(onnx, 'backend', 'test', 'data');
}

function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

async function main() {
  for (const report of [PYTEST, JEST]) rmSync(report, { force: true });
  const [built] = await Promise.all([checkTypeScript(), checkPython()]);
  await checkTogether(built);
  for (const { what, output } of failures) console.error(`\nFAILED: ${what}\n${output}`.trimEnd());
  if (failures.length > 0) throw new Error(`failed: ${failures.map(({ what }) => what).join(', ')}`);

  const { numPassedTests } = JSON.parse(readFileSync(JEST, 'utf8'));
  const python = Number(/ tests="(\d+)"/.exec(readFileSync(PYTEST, 'utf8'))?.[1]);
  console.log(`${numPassedTests + python} passed, 0 failed`);
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
