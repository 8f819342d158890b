import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { contentHash } from '../names';
import { type Issue, issue, throwIssues } from '../issue';
import { checkProject, type Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';
import { storeConditions } from './store-condition';

const DEFAULT_SOFT_DELETE_DAYS = 30;
/** After which an old generation is removed. */
const OLD_GENERATION_DAYS = 90;
const DAY_SECONDS = 86_400;

/** Where a pipeline keeps data, runs, versions and releases. */
export interface IArtifactStore {
  /** Literal, so that workflows can name it. */
  readonly bucketName: string;
  /** Resource name of the key that encrypts the bucket, literal. */
  readonly keyName: string;
  /** What must exist before something is put into the bucket, or encrypted with its key. */
  readonly dependencies: readonly ITerraformDependable[];
  /** `gs://<bucket>/<path>`. */
  uri(path: string): string;
  /** Where a job finds a path of the store: Vertex AI and Cloud Run mount it as `/gcs/<bucket>`. */
  mountPath(path: string): string;
  /**
   * Allows listing the bucket and reading the objects under prefixes, and nothing else.
   *
   * @param id unique among the grants of this store
   * @param member `serviceAccount:…`
   * @param prefixes each ends with `/`, or names one object; one `*` stands for any run
   */
  grantRead(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[];
  /** Allows writing new objects under prefixes, and nothing else: none is replaced or deleted. */
  grantWrite(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[];
  /** Allows keeping files under prefixes: reading, replacing and deleting them. For state between tries. */
  grantKeep(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[];
}

export interface ArtifactStoreProps {
  readonly project: Project;
  /** Unique at Google: 3 to 63 of a–z, 0–9 and `-`. @default - made from the project and the construct's path */
  readonly bucketName?: string;
  /** Days in which a deleted object can be brought back: 7 to 90, or 0 for none. @default 30 */
  readonly softDeleteDays?: number;
  /**
   * Days for which nobody can delete or replace an object, whatever their role; up to 36,500. A checkpoint
   * that is kept between tries then needs a new name each time it is saved.
   * @default - permissions alone decide
   */
  readonly retentionDays?: number;
}

export interface ArtifactStoreAttributes {
  readonly bucketName: string;
  /** `projects/…/cryptoKeys/…` */
  readonly keyName: string;
}

abstract class ArtifactStoreBase extends Construct implements IArtifactStore {
  abstract readonly bucketName: string;
  abstract readonly keyName: string;
  abstract readonly dependencies: readonly ITerraformDependable[];

  uri(path: string): string {
    return `gs://${this.bucketName}/${path}`;
  }

  mountPath(path: string): string {
    return `/gcs/${this.bucketName}/${path}`;
  }

  grantRead(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[] {
    return this.grant(`Read${id}`, member, 'roles/storage.objectViewer', prefixes);
  }

  grantWrite(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[] {
    return this.grant(`Write${id}`, member, 'roles/storage.objectCreator', prefixes);
  }

  grantKeep(id: string, member: string, prefixes: readonly string[]): readonly StorageBucketIamMember[] {
    return this.grant(`Keep${id}`, member, 'roles/storage.objectUser', prefixes);
  }

  private grant(
    id: string,
    member: string,
    role: string,
    prefixes: readonly string[],
  ): StorageBucketIamMember[] {
    const directories = role !== 'roles/storage.objectUser';
    const conditions = storeConditions({ bucketName: this.bucketName, prefixes, directories });
    return conditions.map((expression, index) => {
      const title = shortTitle(prefixes);
      return new StorageBucketIamMember(this, index === 0 ? id : `${id}${index + 1}`, {
        bucket: this.bucketName,
        role,
        member,
        dependsOn: [...this.dependencies],
        condition: { title, expression },
      });
    });
  }
}

/**
 * A versioned bucket, encrypted with a key of its own, without public access, that outlives its stack:
 *
 * ```ts
 * const store = new ArtifactStore(stack, 'Store', { project });
 * ```
 *
 * The layout is the same on every target: `datasets/<pipeline>/`, `runs/<run>/<stage>/<step>/<output>/`,
 * `models/<version>/`, `releases/`, `capture/`, `baselines/`. Terraform refuses to destroy a bucket that
 * holds objects.
 */
export class ArtifactStore extends ArtifactStoreBase {
  /** A store whose bucket and key are made elsewhere. */
  static fromBucket(scope: Construct, id: string, attributes: ArtifactStoreAttributes): IArtifactStore {
    return new ImportedArtifactStore(scope, id, attributes);
  }

  readonly bucketName: string;
  readonly key: ServiceKey;
  readonly bucket: StorageBucket;

  constructor(scope: Construct, id: string, props: ArtifactStoreProps) {
    super(scope, id);
    terraformStackOf(this);
    const { project, retentionDays, softDeleteDays = DEFAULT_SOFT_DELETE_DAYS } = props;
    this.bucketName = props.bucketName ?? `${constructName(this, 50)}-${contentHash(project.id)}`;
    throwIssues(`artifact store "${this.node.path}"`, [
      ...checkProject(project),
      ...checkBucketName(this.bucketName),
      ...checkDays('softDeleteDays', softDeleteDays, softDeleteDays === 0 ? 0 : 7, 90),
      ...(retentionDays === undefined ? [] : checkDays('retentionDays', retentionDays, 1, 36_500)),
    ]);
    this.key = new ServiceKey(this, 'Key', { project, agents: ['storage', 'aiplatform', 'run'] });
    this.bucket = new StorageBucket(this, 'Bucket', {
      project: project.id,
      name: this.bucketName,
      location: project.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      encryption: { defaultKmsKeyName: this.key.key.id },
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: softDeleteDays * DAY_SECONDS },
      ...(retentionDays !== undefined && {
        retentionPolicy: { retentionPeriod: retentionDays * DAY_SECONDS },
      }),
      lifecycleRule: [
        {
          action: { type: 'Delete' },
          condition: { daysSinceNoncurrentTime: OLD_GENERATION_DAYS, withState: 'ARCHIVED' },
        },
        { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
      ],
      forceDestroy: false,
      dependsOn: [...this.key.grants],
    });
  }

  get keyName(): string {
    return this.key.keyName;
  }

  /** The bucket, which waits for what allows Google's services its key. */
  get dependencies(): readonly ITerraformDependable[] {
    return [this.bucket];
  }
}

class ImportedArtifactStore extends ArtifactStoreBase {
  readonly bucketName: string;
  readonly keyName: string;
  readonly dependencies = [];

  constructor(scope: Construct, id: string, { bucketName, keyName }: ArtifactStoreAttributes) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`artifact store "${this.node.path}"`, [
      ...checkBucketName(bucketName),
      ...checkKeyName(keyName),
    ]);
    this.bucketName = bucketName;
    this.keyName = keyName;
  }
}

/** https://docs.cloud.google.com/storage/docs/buckets#naming; names with a dot are those of domains. */
function checkBucketName(name: string): Issue[] {
  if (/^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/.test(name) && !/^goog|google/.test(name)) return [];
  const fix = 'Give 3 to 63 of a–z, 0–9, "-" and "_", without "google" and no "goog" at the beginning.';
  return [issue('bucket-name', 'bucketName', `is "${name}"`, fix)];
}

function checkKeyName(name: string): Issue[] {
  if (/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(name)) return [];
  const fix = 'Give projects/<id>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>.';
  return [issue('key-name', 'keyName', `is "${name}"`, fix)];
}

function checkDays(path: string, days: number, least: number, most: number): Issue[] {
  if (Number.isInteger(days) && days >= least && days <= most) return [];
  return [issue('store-days', path, `is ${days}`, `Give a whole number from ${least} to ${most}.`)];
}

/** Titles of conditions have at most 100 characters. */
function shortTitle(prefixes: readonly string[]): string {
  const title = `only ${prefixes.join(', ')}`;
  return title.length <= 100 ? title : `${title.slice(0, 97)}...`;
}
