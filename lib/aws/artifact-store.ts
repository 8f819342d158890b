import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/** Where a pipeline keeps data, runs, versions and releases. */
export interface IArtifactStore {
  readonly bucket: IBucket;
  /** Encrypts the bucket, and the disks and results of the jobs that work on it. */
  readonly encryptionKey: IKey;
  /** `s3://<bucket>/<path>`. */
  s3Uri(path: string): string;
  /**
   * Allows listing and reading the objects under the prefixes, and nothing else.
   *
   * @param prefixes each ends with `/`, or names one object; a `*` within it stands for any run
   */
  grantRead(grantee: IGrantable, ...prefixes: readonly string[]): Grant;
  /** Allows writing new objects under the prefixes, and nothing else. */
  grantWrite(grantee: IGrantable, ...prefixes: readonly string[]): Grant;
}

export interface ArtifactStoreProps {
  /** @default - a key of its own, rotated every year */
  readonly encryptionKey?: IKey;
  /** @default - access to the bucket is not logged */
  readonly accessLogsBucket?: IBucket;
}

export interface ArtifactStoreAttributes {
  readonly bucket: IBucket;
  /** The key the bucket is encrypted with. */
  readonly encryptionKey: IKey;
}

abstract class ArtifactStoreBase extends Construct implements IArtifactStore {
  abstract readonly bucket: IBucket;
  abstract readonly encryptionKey: IKey;

  s3Uri(path: string): string {
    return `s3://${this.bucket.bucketName}/${path}`;
  }

  grantRead(grantee: IGrantable, ...prefixes: readonly string[]): Grant {
    if (prefixes.length === 0) return Grant.drop(grantee, 'nothing to read');
    const list = Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    });
    return list
      .combine(this.grantObjects(grantee, prefixes, ['s3:GetObject']))
      .combine(this.grantKey(grantee, ['kms:Decrypt']));
  }

  grantWrite(grantee: IGrantable, ...prefixes: readonly string[]): Grant {
    if (prefixes.length === 0) return Grant.drop(grantee, 'nothing to write');
    // A multipart upload decrypts the parts it has written.
    return this.grantObjects(grantee, prefixes, ['s3:PutObject', 's3:AbortMultipartUpload']).combine(
      this.grantKey(grantee, ['kms:GenerateDataKey', 'kms:Decrypt']),
    );
  }

  private grantObjects(grantee: IGrantable, prefixes: readonly string[], actions: string[]): Grant {
    const resourceArns = prefixes.map((prefix) =>
      this.bucket.arnForObjects(prefix.endsWith('/') ? `${prefix}*` : prefix),
    );
    return Grant.addToPrincipal({ grantee, actions, resourceArns });
  }

  private grantKey(grantee: IGrantable, actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.encryptionKey.keyArn] });
  }
}

/**
 * A versioned, encrypted bucket that outlives its stack:
 *
 * ```ts
 * const store = new ArtifactStore(this, 'Store');
 * store.grantRead(role, 'models/');
 * ```
 *
 * The layout is the same on every target: `datasets/<pipeline>/`, `runs/<run>/<stage>/<step>/<output>/`,
 * `models/<version>/`, `releases/`, `capture/`, `baselines/`.
 */
export class ArtifactStore extends ArtifactStoreBase {
  /** A store whose bucket and key are made elsewhere, in the same account. */
  static fromBucket(scope: Construct, id: string, attributes: ArtifactStoreAttributes): IArtifactStore {
    return new ImportedArtifactStore(scope, id, attributes);
  }

  readonly bucket: Bucket;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, props: ArtifactStoreProps = {}) {
    super(scope, id);
    this.encryptionKey =
      props.encryptionKey ??
      new Key(this, 'Key', {
        description: `Artifacts of ${this.node.path}`,
        enableKeyRotation: true,
        removalPolicy: RemovalPolicy.RETAIN,
      });
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.encryptionKey,
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      serverAccessLogsBucket: props.accessLogsBucket,
      serverAccessLogsPrefix: props.accessLogsBucket && `${this.node.path}/`,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

class ImportedArtifactStore extends ArtifactStoreBase {
  readonly bucket: IBucket;
  readonly encryptionKey: IKey;

  constructor(scope: Construct, id: string, { bucket, encryptionKey }: ArtifactStoreAttributes) {
    super(scope, id);
    this.bucket = bucket;
    this.encryptionKey = encryptionKey;
  }
}
