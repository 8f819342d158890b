import { literalOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

const BASIC = ['roles/owner', 'roles/editor', 'roles/viewer', 'roles/admin', 'roles/writer', 'roles/reader'];

export const basicRole: Rule = {
  id: 'basic-role',
  level: 'error',
  cause: 'A basic role covers the whole project, thousands of permissions of every service.',
  fix: 'Take a role of the service, on the resource itself: the constructs have grant methods.',
  check({ properties: { role }, type }) {
    const name = literalOf(role);
    if (!/_iam_(member|binding)$/.test(type) || name === undefined) return NOT_APPLICABLE;
    return BASIC.includes(name) ? nonCompliant(`the role is ${name}`) : COMPLIANT;
  },
};
