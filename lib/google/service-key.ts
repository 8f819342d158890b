import { KmsCryptoKey } from '@cdktf/provider-google/lib/kms-crypto-key';
import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member';
import { KmsKeyRing } from '@cdktf/provider-google/lib/kms-key-ring';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkProject, type Project, type ServiceAgent, serviceAgent } from './project';
import { constructName, terraformStackOf } from './resource-name';

/** Ninety days, in seconds. */
const ROTATION = '7776000s';

export interface ServiceKeyProps {
  readonly project: Project;
  /** Services that encrypt with it in the name of the project. */
  readonly agents: readonly ServiceAgent[];
}

/**
 * A customer-managed key, rotated every 90 days, which the services that write with it may use. Key rings
 * and keys cannot be deleted at Google: destroying the stack leaves them, and forgets them.
 */
export class ServiceKey extends Construct {
  readonly key: KmsCryptoKey;
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/key`, literal. */
  readonly keyName: string;
  /** Memberships that must exist before something is encrypted. */
  readonly grants: readonly KmsCryptoKeyIamMember[];

  constructor(scope: Construct, id: string, { project, agents }: ServiceKeyProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`key "${this.node.path}"`, checkProject(project));
    const name = constructName(this);
    this.keyName = `projects/${project.id}/locations/${project.region}/keyRings/${name}/cryptoKeys/key`;
    const ring = new KmsKeyRing(this, 'Ring', {
      project: project.id,
      name,
      location: project.region,
    });
    this.key = new KmsCryptoKey(this, 'Key', { name: 'key', keyRing: ring.id, rotationPeriod: ROTATION });
    this.grants = agents.map(
      (agent) =>
        new KmsCryptoKeyIamMember(this, `Grant${agent}`, {
          cryptoKeyId: this.key.id,
          role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
          member: serviceAgent(project, agent),
        }),
    );
  }
}
