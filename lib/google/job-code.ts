import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import { App, AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkWheelhouse, codeFiles, type JobCodeContent } from '../job-code/code-files';
import { writeBlocks } from '../job-code/write-blocks';
import { zipBlocks } from '../job-code/zip-blocks';
import type { IArtifactStore } from './artifact-store';
import { terraformStackOf } from './resource-name';
import type { StoreLocation } from './store-location';
import { literal } from './workflow/expression';

const ARCHIVE = 'code.zip';

export interface JobCodeProps extends JobCodeContent {
  /** Takes the code, as `code/<hash>/`. */
  readonly store: IArtifactStore;
}

/**
 * The code that jobs run, in the artifact store, as one zip that Python runs as it is: the stage programs,
 * the plan, and the user's own code. No image is built. The same files make the same object.
 */
export class JobCode extends Construct {
  /** The command of a container that has the store mounted. */
  readonly command: readonly string[];
  /** Where it lies, for those who read it. */
  readonly location: StoreLocation;

  constructor(scope: Construct, id: string, props: JobCodeProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues('job code', checkWheelhouse(props.wheelhouse));
    const { store } = props;
    // Beside the stacks: cdktf copies assets when the app is synthesised.
    const directory = join(resolve(App.of(this).outdir), 'code', this.node.addr);
    mkdirSync(directory, { recursive: true });
    const path = join(directory, ARCHIVE);
    const assetHash = writeBlocks(path, zipBlocks(codeFiles(props)));
    const asset = new TerraformAsset(this, 'Asset', { path, assetHash, type: AssetType.FILE });
    const prefix = `code/${assetHash.slice(0, 16)}/`;
    new StorageBucketObject(this, 'Object', {
      bucket: store.bucketName,
      name: `${prefix}${ARCHIVE}`,
      source: asset.path,
      dependsOn: [...store.dependencies],
    });
    this.location = { path: literal(prefix), prefixes: [prefix] };
    this.command = ['python3', store.mountPath(`${prefix}${ARCHIVE}`)];
  }
}
