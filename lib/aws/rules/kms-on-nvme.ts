import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT_CONFIG, jobOf, machinesOf } from './sagemaker';

export const kmsOnNvme: Rule = {
  id: 'kms-on-nvme',
  level: 'error',
  cause:
    'A machine with a local NVMe disk encrypts it with a key of its own; SageMaker refuses `KmsKeyId` and `VolumeKmsKeyId` for it.',
  fix: 'Leave the key out: the disk is encrypted without it.',
  check(subject) {
    const machines = machinesOf(subject);
    if (machines.length === 0) return NOT_APPLICABLE;
    const key =
      subject.type === ENDPOINT_CONFIG
        ? subject.properties.KmsKeyId
        : jobOf(subject)?.resources.VolumeKmsKeyId;
    const nvme = machines.find(({ machine }) => machine?.localNvme);
    return key !== undefined && nvme
      ? nonCompliant(`a KMS key is given for the disks of ${nvme.instanceType}, which has a local NVMe disk`)
      : COMPLIANT;
  },
};
