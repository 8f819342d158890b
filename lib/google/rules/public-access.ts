import { textsOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'];

export const publicAccess: Rule = {
  id: 'public-access',
  level: 'error',
  cause: 'Data, models and services that everybody may read or call.',
  fix: 'Prevent public access of the bucket; name who may use the resource.',
  check({ properties, type }) {
    const { invoker_iam_disabled, member, members, public_access_prevention, uniform_bucket_level_access } =
      properties;
    if (type === 'google_storage_bucket') {
      if (public_access_prevention !== 'enforced')
        return nonCompliant('the bucket does not prevent public access');
      return uniform_bucket_level_access === true
        ? COMPLIANT
        : nonCompliant('objects of the bucket may have access lists of their own');
    }
    if (type === 'google_cloud_run_v2_service') {
      return invoker_iam_disabled === true ? nonCompliant('the service asks for no permission') : COMPLIANT;
    }
    if (member === undefined && members === undefined) return NOT_APPLICABLE;
    const open = [...textsOf(member), ...textsOf(members)].find((name) => EVERYBODY.includes(name));
    return open === undefined ? COMPLIANT : nonCompliant(`${open} may use it`);
  },
};
