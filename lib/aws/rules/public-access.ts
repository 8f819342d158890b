import { objectOf } from './flatten';
import { type Permission, permissionsIn, resourcePolicyOf, textsOf } from './policies';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

const BLOCKS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

export const publicAccess: Rule = {
  id: 'public-access',
  level: 'error',
  cause: 'Data, models and messages that everybody may read or write.',
  fix: 'Block public access of the bucket; name who may use the resource.',
  check(subject) {
    const { type, properties } = subject;
    if (type === 'AWS::S3::Bucket') {
      const blocked = objectOf(properties.PublicAccessBlockConfiguration);
      return BLOCKS.every((name) => blocked[name] === true)
        ? COMPLIANT
        : nonCompliant('the bucket does not block public access');
    }
    const policy = resourcePolicyOf(subject);
    if (policy === undefined) return NOT_APPLICABLE;
    return permissionsIn(policy).some(isForAll) ? nonCompliant('the policy allows everybody') : COMPLIANT;
  },
};

function isForAll({ condition, principal }: Permission): boolean {
  const principals = [...textsOf(principal), ...textsOf(objectOf(principal).AWS)];
  return condition === undefined && principals.includes('*');
}
