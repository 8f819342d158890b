import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const exclusivePolicy: Rule = {
  id: 'exclusive-policy',
  level: 'error',
  cause:
    'A policy or binding takes away what anybody else has granted on the resource, service agents included.',
  fix: 'Take the *_iam_member resource, which adds one member to one role.',
  check({ kind, type }) {
    if (kind !== 'resource' || !/_iam_(policy|binding|member)$/.test(type)) return NOT_APPLICABLE;
    return type.endsWith('_iam_member') ? COMPLIANT : nonCompliant(`${type} owns all members of it`);
  },
};
