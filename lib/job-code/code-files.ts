import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Issue, issue } from '../issue';
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

/** A file of a job's code: its path there, and what it is made of. */
export type CodeFile = { readonly name: string } & ({ readonly from: string } | { readonly text: string });

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
  'cdktf.out',
  'tests',
]);

const ENTRY = join(__dirname, '__main__.py');
const STAGES = join(PACKAGE_ROOT, 'stages');

export function checkWheelhouse(wheelhouse: string | undefined): Issue[] {
  if (wheelhouse === undefined || existsSync(wheelhouse)) return [];
  const fix = 'Fill it with `pip download --dest <directory> …`, or leave `wheelhouse` out.';
  return [issue('wheelhouse-missing', wheelhouse, 'is not a directory that exists', fix)];
}

/** What a job runs: the stage programs, the plan, and the user's own code. Sorted by name. */
export function codeFiles({ plan, source, data = 'data', wheelhouse }: JobCodeContent): CodeFile[] {
  const raw = resolve(source, data);
  const files: CodeFile[] = [
    { name: '__main__.py', from: ENTRY },
    { name: 'pyproject.toml', from: join(STAGES, 'pyproject.toml') },
    { name: 'plan.json', text: `${JSON.stringify(plan, null, 2)}\n` },
    ...filesBelow(join(STAGES, 'model_pipeline'), 'model_pipeline', isCode),
    ...filesBelow(source, 'source', (path) => isCode(path) && resolve(path) !== raw),
    ...(wheelhouse === undefined ? [] : filesBelow(wheelhouse, 'wheels', () => true)),
  ];
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Links are followed: the code stands for itself where it is unpacked. */
function filesBelow(directory: string, name: string, include: (path: string) => boolean): CodeFile[] {
  return readdirSync(directory).flatMap((entry) => {
    const from = join(directory, entry);
    if (!include(from)) return [];
    const file = { name: `${name}/${entry}`, from };
    return statSync(from).isDirectory() ? filesBelow(from, file.name, include) : [file];
  });
}

function isCode(path: string): boolean {
  return !EXCLUDED.has(basename(path)) && !path.endsWith('.pyc');
}
