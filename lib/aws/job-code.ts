import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkWheelhouse, codeFiles, type JobCodeContent } from '../job-code/code-files';
import { writeBlocks } from '../job-code/write-blocks';
import { zipBlocks } from '../job-code/zip-blocks';

export type JobCodeProps = JobCodeContent;

const TUNING_ENTRY = join(__dirname, 'job-code', 'launch.py');

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
    const directory = mkdtempSync(join(tmpdir(), 'job-code-'));
    const path = join(directory, 'code.zip');
    const assetHash = writeBlocks(path, zipBlocks(codeFiles(props)));
    this.asset = new Asset(this, 'Asset', { path, assetHash });
    // Where the app keeps assets in place instead of copying them, this file is the asset.
    // It is removed beside the synthesis, which has no reason to wait.
    if (this.asset.assetPath !== path) void rm(directory, { recursive: true, force: true });
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
