import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Issue } from '../issue';
import { PACKAGE_ROOT } from '../package-root';
import type { Plan } from '../pipeline';

export interface JobCodeContent {
  readonly plan: Plan;
  /** Directory of the user's Python code. */
  readonly source: string;
  /** Directory of the raw data, relative to `source`, left out of the code. @default "data" */
  readonly data?: string;
  /**
   * Directory of Python wheels with all that the stage programs and the user's code need, which then
   * travels with the code. Jobs install from it alone and run without a network.
   * @default - jobs install pinned versions from the package index when they start
   */
  readonly wheelhouse?: string;
}

/** What is never part of the code: caches, environments, results. One of them would change the asset. */
const EXCLUDED = new Set([
  '__pycache__',
  '.venv',
  'venv',
  '.git',
  '.DS_Store',
  '.model-pipeline',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  'node_modules',
  'cdk.out',
  'tests',
]);

const ENTRY = join(__dirname, '__main__.py');
const STAGES = join(PACKAGE_ROOT, 'stages');

export function checkWheelhouse(wheelhouse: string | undefined): Issue[] {
  if (wheelhouse === undefined || existsSync(wheelhouse)) return [];
  return [
    {
      code: 'wheelhouse-missing',
      path: wheelhouse,
      message: 'is not a directory that exists',
      fix: 'Fill it with `pip download --dest <directory> …`, or leave `wheelhouse` out.',
    },
  ];
}

/** Puts into a directory what a job runs: the stage programs, the plan, and the user's own code. */
export function assemble(target: string, { plan, source, data = 'data', wheelhouse }: JobCodeContent): void {
  const raw = resolve(source, data);
  cpSync(ENTRY, join(target, '__main__.py'));
  cpSync(join(STAGES, 'pyproject.toml'), join(target, 'pyproject.toml'));
  copy(join(STAGES, 'model_pipeline'), join(target, 'model_pipeline'), () => true);
  copy(source, join(target, 'source'), (path) => path !== raw);
  if (wheelhouse !== undefined) cpSync(wheelhouse, join(target, 'wheels'), { recursive: true });
  writeFileSync(join(target, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
}

function copy(from: string, to: string, include: (path: string) => boolean): void {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => !EXCLUDED.has(basename(path)) && !path.endsWith('.pyc') && include(resolve(path)),
  });
}
