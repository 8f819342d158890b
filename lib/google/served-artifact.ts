import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { MANIFEST_FILE, readManifest } from '../artifact/manifest';
import { VerifiedArtifact } from '../artifact/verified-artifact';
import { type Issue, issue } from '../issue';
import type { IArtifactStore } from './artifact-store';

/** Plain JavaScript can pass anything for an artifact. */
export function checkArtifact(artifact: unknown, path = 'artifact'): Issue[] {
  if (artifact instanceof VerifiedArtifact) return [];
  const fix = 'Pass VerifiedArtifact.fromDirectory(directory) of a registered version.';
  return [issue('artifact-not-verified', path, 'is not a verified artifact', fix)];
}

export interface ServedArtifactProps {
  readonly artifact: VerifiedArtifact;
  readonly store: IArtifactStore;
}

/** The files of a verified version in the store, as the template puts them there: `served/<version>/`. */
export class ServedArtifact extends Construct {
  /** Path within the store that ends with `/`. */
  readonly prefix: string;
  readonly objects: readonly StorageBucketObject[];

  constructor(scope: Construct, id: string, { artifact, store }: ServedArtifactProps) {
    super(scope, id);
    this.prefix = `served/${artifact.version}/`;
    const files = [...Object.keys(readManifest(artifact.directory).files), MANIFEST_FILE].sort();
    this.objects = files.map((file) => {
      const asset = new TerraformAsset(this, `Asset-${file}`, {
        path: join(artifact.directory, file),
        type: AssetType.FILE,
      });
      return new StorageBucketObject(this, file, {
        bucket: store.bucketName,
        name: `${this.prefix}${file}`,
        source: asset.path,
        // Revisions that serve an earlier version still read its files.
        deletionPolicy: 'ABANDON',
        dependsOn: [...store.dependencies],
      });
    });
  }
}

/** Labels of a resource that serves the artifact: values have at most 63 characters. */
export function artifactLabels({ digest, version }: VerifiedArtifact): Record<string, string> {
  return { 'model-version': version, 'model-digest': digest.slice(0, 63) };
}
