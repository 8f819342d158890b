import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member';
import { dependable, type TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import type { IArtifactStore } from './artifact-store';
import { checkProject, type Project } from './project';
import { accountName, terraformStackOf } from './resource-name';
import { prefixesOf, type StoreLocation, type StoreLocations } from './store-location';

export interface StepAccountProps {
  readonly project: Project;
  /** What it is for, in a sentence. */
  readonly purpose: string;
}

/** A service account of one step, which may do what the step needs and nothing else. */
export class StepAccount extends Construct {
  readonly account: ServiceAccount;
  /** `<name>@<project>.iam.gserviceaccount.com`, literal. */
  readonly email: string;
  /** As policies name it. */
  readonly member: string;

  constructor(scope: Construct, id: string, { project, purpose }: StepAccountProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`service account "${this.node.path}"`, checkProject(project));
    const accountId = accountName(this);
    this.email = `${accountId}@${project.id}.iam.gserviceaccount.com`;
    this.member = `serviceAccount:${this.email}`;
    this.account = new ServiceAccount(this, 'Account', {
      project: project.id,
      accountId,
      displayName: purpose.slice(0, 100),
    });
  }

  /** Allows reading the inputs and writing the outputs, each under its exact prefixes. */
  grantStore(store: IArtifactStore, inputs: StoreLocations, outputs: StoreLocations): void {
    const read = prefixesOf(inputs);
    const write = prefixesOf(outputs);
    const id = this.node.path;
    // What is mounted is looked at before it is written.
    this.precede(store.grantRead(id, this.member, [...new Set([...read, ...write])]));
    this.precede(store.grantWrite(id, this.member, write));
  }

  /** Allows keeping state between tries: writing, replacing and deleting what is in the directory. */
  grantKeep(store: IArtifactStore, { prefixes }: StoreLocation): void {
    this.precede(store.grantKeep(this.node.path, this.member, prefixes));
  }

  /** Allows starting work that runs as this account. */
  grantActAs(id: string, member: string): void {
    new ServiceAccountIamMember(this, `ActAs${id}`, {
      serviceAccountId: this.account.name,
      role: 'roles/iam.serviceAccountUser',
      member,
    });
  }

  /** Google refuses a policy whose member does not exist; by its literal name, Terraform does not see it. */
  private precede(grants: readonly TerraformResource[]): void {
    for (const grant of grants) grant.dependsOn = [...(grant.dependsOn ?? []), dependable(this.account)];
  }
}
