import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import { App, AssetType, TerraformAsset, type TerraformAssetConfig } from 'cdktf';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkWheelhouse, codeFiles, type JobCodeContent } from '../job-code/code-files';
import { tarBlocks } from '../job-code/tar-blocks';
import type { IArtifactStore } from './artifact-store';
import { terraformStackOf } from './resource-name';
import type { StoreLocation } from './store-location';
import { literal } from './workflow/expression';

const LAUNCHER = join(__dirname, 'job-code', 'launch.py');
const ARCHIVE = 'code.tar';
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
    const archive = this.pack(props);
    const digest = createHash('sha256').update(archive.digest).update(readFileSync(LAUNCHER)).digest('hex');
    this.prefix = `code/${digest.slice(0, 16)}/`;
    this.location = { path: literal(this.prefix), prefixes: [this.prefix] };
    this.upload('Archive', { path: archive.path, assetHash: archive.digest }, ARCHIVE);
    this.upload('Launcher', { path: LAUNCHER }, ENTRY);
    this.command = ['python3', this.store.mountPath(`${this.prefix}${ENTRY}`)];
  }

  /** Beside the stacks: cdktf copies assets when the app is synthesised. */
  private pack(content: JobCodeContent): { readonly path: string; readonly digest: string } {
    const directory = join(resolve(App.of(this).outdir), 'code', this.node.addr);
    mkdirSync(directory, { recursive: true });
    const path = join(directory, ARCHIVE);
    const digest = createHash('sha256');
    const file = openSync(path, 'w');
    try {
      for (const block of tarBlocks(codeFiles(content))) {
        digest.update(block);
        writeFileSync(file, block);
      }
    } finally {
      closeSync(file);
    }
    return { path, digest: digest.digest('hex') };
  }

  private upload(id: string, asset: Pick<TerraformAssetConfig, 'path' | 'assetHash'>, name: string): void {
    const { path: source } = new TerraformAsset(this, `${id}Asset`, { ...asset, type: AssetType.FILE });
    new StorageBucketObject(this, id, {
      bucket: this.store.bucketName,
      name: `${this.prefix}${name}`,
      source,
      dependsOn: [...this.store.dependencies],
    });
  }
}
