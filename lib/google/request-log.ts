import { BigqueryDataset } from '@cdktf/provider-google/lib/bigquery-dataset';
import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member';
import { BigqueryDatasetIamMember } from '@cdktf/provider-google/lib/bigquery-dataset-iam-member';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { type Project, serviceAgent } from './project';
import { constructName } from './resource-name';
import { ServiceKey } from './service-key';

const TABLE = 'requests';

export interface RequestLogProps {
  readonly project: Project;
}

/**
 * Where Vertex AI records requests and responses of an endpoint: a table of BigQuery, encrypted with a key
 * of its own. Vertex AI makes the table with the first request.
 */
export class RequestLog extends Construct {
  readonly dataset: BigqueryDataset;
  readonly key: ServiceKey;
  readonly datasetId: string;
  readonly tableId = TABLE;
  /** `<project>.<dataset>.requests`. */
  readonly table: string;
  private readonly projectId: string;

  constructor(scope: Construct, id: string, { project }: RequestLogProps) {
    super(scope, id);
    this.projectId = project.id;
    this.datasetId = constructName(this).replaceAll('-', '_');
    this.table = `${project.id}.${this.datasetId}.${TABLE}`;
    this.key = new ServiceKey(this, 'Key', { project, agents: ['aiplatform'] });
    // https://docs.cloud.google.com/bigquery/docs/customer-managed-encryption#assign_role
    const grant = new KmsCryptoKeyIamMember(this, 'Grant', {
      cryptoKeyId: this.key.key.id,
      role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
      member: `serviceAccount:bq-${project.number}@bigquery-encryption.iam.gserviceaccount.com`,
    });
    this.dataset = new BigqueryDataset(this, 'Dataset', {
      project: project.id,
      datasetId: this.datasetId,
      location: project.region,
      description: `Requests and responses of ${this.node.scope?.node.path ?? ''}`,
      defaultEncryptionConfiguration: { kmsKeyName: this.key.key.id },
      deleteContentsOnDestroy: false,
      dependsOn: [grant],
    });
    this.grant('Agent', serviceAgent(project, 'aiplatform'), 'roles/bigquery.dataEditor');
  }

  /** What must exist before an endpoint writes to it. */
  get dependencies(): readonly ITerraformDependable[] {
    return [this.dataset, ...this.key.grants];
  }

  /** As Vertex AI names the destination. */
  get outputUri(): string {
    return `bq://${this.table}`;
  }

  /** Allows reading what was recorded. */
  grantRead(id: string, member: string): void {
    this.grant(`Read${id}`, member, 'roles/bigquery.dataViewer');
  }

  /**
   * Allows reading what was recorded, by queries of the project.
   *
   * @param scope takes what allows it
   */
  grantQuery(scope: Construct, member: string): void {
    this.grantRead(scope.node.path, member);
    new ProjectIamMember(scope, 'Query', {
      project: this.projectId,
      role: 'roles/bigquery.jobUser',
      member,
    });
  }

  private grant(id: string, member: string, role: string): void {
    new BigqueryDatasetIamMember(this, id, {
      project: this.projectId,
      datasetId: this.dataset.datasetId,
      role,
      member,
    });
  }
}
