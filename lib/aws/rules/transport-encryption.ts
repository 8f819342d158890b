import { listOf, numberOf, objectOf, type Properties } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { jobOf } from './sagemaker';
import type { Subject, Subjects } from './subject';

export const transportEncryption: Rule = {
  id: 'transport-encryption',
  level: 'error',
  cause: 'Data and gradients that travel in the clear.',
  fix: 'Refuse requests without TLS in the bucket’s policy; set EnableInterContainerTrafficEncryption.',
  check(subject, all) {
    if (subject.type === 'AWS::S3::Bucket') {
      return refusesPlainHttp(subject, all)
        ? COMPLIANT
        : nonCompliant('the bucket takes requests without TLS');
    }
    const job = jobOf(subject);
    if (!job || (numberOf(job.resources.InstanceCount) ?? 1) === 1) return NOT_APPLICABLE;
    const { EnableInterContainerTrafficEncryption, NetworkConfig } = job.properties;
    return (EnableInterContainerTrafficEncryption ??
      objectOf(NetworkConfig).EnableInterContainerTrafficEncryption) === true
      ? COMPLIANT
      : nonCompliant('the machines of the job talk to one another in the clear');
  },
};

function refusesPlainHttp({ name, place }: Subject, all: Subjects): boolean {
  return all
    .ofType('AWS::S3::BucketPolicy')
    .filter(
      (policy) =>
        policy.properties.Bucket === `\${${name}}` && policy.place.templatePath === place.templatePath,
    )
    .some(({ properties }) => listOf(objectOf(properties.PolicyDocument).Statement).some(deniesPlainHttp));
}

function deniesPlainHttp({ Condition, Effect }: Properties): boolean {
  return Effect === 'Deny' && objectOf(objectOf(Condition).Bool)['aws:SecureTransport'] === 'false';
}
