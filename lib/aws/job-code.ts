import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { type Issue, throwIssues } from '../issue';
import { PACKAGE_ROOT } from '../package-root';
import type { Plan } from '../pipeline';

export interface JobCodeProps {
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

const ENTRY = join(__dirname, 'job-code', '__main__.py');
const TUNING_ENTRY = join(__dirname, 'job-code', 'launch.py');
const STAGES = join(PACKAGE_ROOT, 'stages');

/**
 * The code that jobs run, as one zip that Python runs as it is: the stage programs, the plan, and the
 * user's own code. No image is built. The same files make the same asset.
 */
export class JobCode extends Construct {
  readonly asset: Asset;
  /** The code brings its own dependencies: its jobs need no network. */
  readonly offline: boolean;

  constructor(scope: Construct, id: string, props: JobCodeProps) {
    super(scope, id);
    throwIssues('job code', checkWheelhouse(props.wheelhouse));
    this.offline = props.wheelhouse !== undefined;
    const staged = mkdtempSync(join(tmpdir(), 'job-code-'));
    assemble(staged, props);
    this.asset = new Asset(this, 'Asset', { path: staged });
    // Where the app keeps assets in place instead of copying them, this directory is the asset.
    // It is removed beside the synthesis, which has no reason to wait.
    if (this.asset.assetPath !== staged) void rm(staged, { recursive: true, force: true });
  }

  get s3Uri(): string {
    return this.asset.s3ObjectUrl;
  }

  /** The command of a container that finds the code in `directory`. */
  entrypoint(directory: string): string[] {
    return ['python3', `${directory}/${basename(this.asset.s3ObjectKey)}`];
  }

  /**
   * What the containers of a tuning run: the API has no field for their command, and their toolkit runs a
   * Python file by its name.
   */
  tuningEntry(): { readonly s3Uri: string; readonly fileName: string } {
    const { s3ObjectKey, s3ObjectUrl } = this.tuningAsset();
    return { s3Uri: s3ObjectUrl, fileName: basename(s3ObjectKey) };
  }

  grantRead(grantee: IGrantable): void {
    grantReadAsset(this.asset, grantee);
  }

  grantReadTuningEntry(grantee: IGrantable): void {
    grantReadAsset(this.tuningAsset(), grantee);
  }

  private tuningAsset(): Asset {
    const existing = this.node.tryFindChild('TuningEntry') as Asset | undefined;
    return existing ?? new Asset(this, 'TuningEntry', { path: TUNING_ENTRY });
  }
}

function grantReadAsset({ bucket, s3ObjectKey }: Asset, grantee: IGrantable): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['s3:GetObject'],
    resourceArns: [bucket.arnForObjects(s3ObjectKey)],
  });
  Grant.addToPrincipal({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    conditions: { StringLike: { 's3:prefix': [`${s3ObjectKey}*`] } },
  });
}

function checkWheelhouse(wheelhouse: string | undefined): Issue[] {
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

function assemble(target: string, { plan, source, data = 'data', wheelhouse }: JobCodeProps): void {
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
