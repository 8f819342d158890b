import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import * as tar from 'tar';
import { throwIssues } from '../issue';
import { assemble, checkWheelhouse, type JobCodeContent } from '../job-code/assemble';
import type { IArtifactStore } from './artifact-store';
import { terraformStackOf } from './resource-name';
import type { StoreLocation } from './store-location';
import { literal } from './workflow/expression';

const LAUNCHER = join(__dirname, 'job-code', 'launch.py');
const ARCHIVE = 'code.tar.gz';
const ENTRY = 'launch.py';

export interface JobCodeProps extends JobCodeContent {
  /** Takes the code, as `code/<hash>/`. */
  readonly store: IArtifactStore;
}

/**
 * The code that jobs run, in the artifact store: the stage programs, the plan, and the user's own code as
 * one archive, and the launcher that unpacks it. No image is built. The same files make the same objects.
 */
export class JobCode extends Construct {
  /** The command of a container that has the store mounted. */
  readonly command: readonly string[];
  /** Where it lies, for those who read it. */
  readonly location: StoreLocation;
  private readonly store: IArtifactStore;
  private readonly prefix: string;

  constructor(scope: Construct, id: string, props: JobCodeProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues('job code', checkWheelhouse(props.wheelhouse));
    this.store = props.store;
    const archive = pack(props);
    const digest = createHash('sha256').update(readFileSync(archive)).update(readFileSync(LAUNCHER));
    this.prefix = `code/${digest.digest('hex').slice(0, 16)}/`;
    this.location = { path: literal(this.prefix), prefixes: [this.prefix] };
    this.upload('Archive', archive, ARCHIVE);
    this.upload('Launcher', LAUNCHER, ENTRY);
    this.command = ['python3', this.store.mountPath(`${this.prefix}${ENTRY}`)];
  }

  private upload(id: string, path: string, name: string): void {
    const { path: source } = new TerraformAsset(this, `${id}Asset`, { path, type: AssetType.FILE });
    new StorageBucketObject(this, id, {
      bucket: this.store.bucketName,
      name: `${this.prefix}${name}`,
      source,
      dependsOn: [...this.store.dependencies],
    });
  }
}

/**
 * One archive whose bytes depend on names, modes and contents alone. It stays in the temporary directory
 * under its digest: cdktf copies assets when the app is synthesised.
 */
function pack(content: JobCodeContent): string {
  const work = mkdtempSync(join(tmpdir(), 'job-code-'));
  try {
    const code = join(work, 'code');
    mkdirSync(code);
    assemble(code, content);
    const file = join(work, ARCHIVE);
    const entries = readdirSync(code, { recursive: true, encoding: 'utf8' }).sort();
    const options = { gzip: { level: 9 }, mtime: new Date(0), noDirRecurse: true, portable: true } as const;
    tar.create({ cwd: code, file, sync: true, ...options }, entries);
    return keep(file);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function keep(file: string): string {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  const kept = join(tmpdir(), 'cdk-model-pipeline', digest, ARCHIVE);
  mkdirSync(dirname(kept), { recursive: true });
  renameSync(file, kept);
  return kept;
}
