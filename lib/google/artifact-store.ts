import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { contentHash } from '../names';
import { throwIssues } from '../issue';
import { checkProject, type Project } from './project';
import { constructName, terraformStackOf } from './resource-name';
import { ServiceKey } from './service-key';

/** Days in which a deleted object can be brought back, and after which an old generation is removed. */
const SOFT_DELETE_DAYS = 30;
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
   * Allows listing the bucket and reading the objects under a prefix, and nothing else.
   *
   * @param id unique among the grants of this store
   * @param member `serviceAccount:…`
   * @param prefixes each ends with `/`, or names one object; `*` stands for any run
   */
  grantRead(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember;
  /** Allows writing new objects under a prefix, and nothing else: none is replaced or deleted. */
  grantWrite(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember;
  /** Allows keeping files under a prefix: reading, replacing and deleting them. For state between tries. */
  grantKeep(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember;
}

export interface ArtifactStoreProps {
  readonly project: Project;
  /** Unique at Google: 3 to 63 of a–z, 0–9 and `-`. @default - made from the project and the construct's path */
  readonly bucketName?: string;
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

  grantRead(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember {
    return this.grant(`Read${id}`, member, 'roles/storage.objectViewer', prefixes);
  }

  grantWrite(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember {
    return this.grant(`Write${id}`, member, 'roles/storage.objectCreator', prefixes);
  }

  grantKeep(id: string, member: string, prefixes: readonly string[]): StorageBucketIamMember {
    return this.grant(`Keep${id}`, member, 'roles/storage.objectUser', prefixes);
  }

  private grant(
    id: string,
    member: string,
    role: string,
    prefixes: readonly string[],
  ): StorageBucketIamMember {
    return new StorageBucketIamMember(this, id, {
      bucket: this.bucketName,
      role,
      member,
      dependsOn: [...this.dependencies],
      condition: {
        title: shortTitle(prefixes),
        // Listing is a permission on the bucket: names may be seen, contents of these prefixes alone.
        expression: [
          'resource.type == "storage.googleapis.com/Bucket"',
          ...prefixes.map((prefix) => this.matches(prefix)),
        ].join(' || '),
      },
    });
  }

  /** Conditions know no pattern but these: the part before any run, and the part after it. */
  private matches(prefix: string): string {
    const object = (path: string) => `projects/_/buckets/${this.bucketName}/objects/${path}`;
    const [before = '', ...after] = prefix.split('*');
    const starts = `resource.name.startsWith("${object(before)}")`;
    if (after.length === 0) return prefix.endsWith('/') ? starts : `resource.name == "${object(prefix)}"`;
    const rest = after.at(-1) ?? '';
    // `runs/<run>/training/`: the run is one path segment, and what follows it is given.
    return rest === '/'
      ? starts
      : `(${starts} && resource.name.extract("${object(before)}{run}${rest}") != "")`;
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
    const { project } = props;
    throwIssues('artifact store', checkProject(project));
    this.bucketName = props.bucketName ?? `${constructName(this, 50)}-${contentHash(project.id)}`;
    this.key = new ServiceKey(this, 'Key', { project, agents: ['storage', 'aiplatform', 'run'] });
    this.bucket = new StorageBucket(this, 'Bucket', {
      project: project.id,
      name: this.bucketName,
      location: project.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      encryption: { defaultKmsKeyName: this.key.key.id },
      versioning: { enabled: true },
      softDeletePolicy: { retentionDurationSeconds: SOFT_DELETE_DAYS * DAY_SECONDS },
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

  get dependencies(): readonly ITerraformDependable[] {
    return [this.bucket, ...this.key.grants];
  }
}

class ImportedArtifactStore extends ArtifactStoreBase {
  readonly bucketName: string;
  readonly keyName: string;
  readonly dependencies = [];

  constructor(scope: Construct, id: string, { bucketName, keyName }: ArtifactStoreAttributes) {
    super(scope, id);
    this.bucketName = bucketName;
    this.keyName = keyName;
  }
}

/** Titles of conditions have at most 100 characters. */
function shortTitle(prefixes: readonly string[]): string {
  const title = `only ${prefixes.join(', ')}`;
  return title.length <= 100 ? title : `${title.slice(0, 97)}...`;
}
