import { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member';
import { Construct } from 'constructs';
import type { IArtifactStore } from './artifact-store';
import type { Project } from './project';
import { accountName } from './resource-name';
import { prefixesOf, type StoreLocations } from './store-location';

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
    const id = this.node.path.replaceAll('/', '');
    // What is mounted is looked at before it is written.
    const grants = [
      store.grantRead(id, this.member, [...new Set([...read, ...write])]),
      ...(write.length > 0 ? [store.grantWrite(id, this.member, write)] : []),
    ];
    for (const grant of grants) grant.node.addDependency(this.account);
  }

  /** Allows starting work that runs as this account. */
  grantActAs(id: string, member: string): void {
    new ServiceAccountIamMember(this, `ActAs${id}`, {
      serviceAccountId: this.account.name,
      role: 'roles/iam.serviceAccountUser',
      member,
    });
  }
}
