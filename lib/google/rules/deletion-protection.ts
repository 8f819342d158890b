import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** Protected where nothing is said, so that the first change that replaces or removes them fails. */
const PROTECTED = [
  'google_cloud_run_v2_job',
  'google_cloud_run_v2_service',
  'google_cloud_run_v2_worker_pool',
  'google_workflows_workflow',
];

export const deletionProtection: Rule = {
  id: 'deletion-protection',
  level: 'error',
  cause: 'Protection that nobody stated is noticed when a destroy or a replacement fails half way.',
  fix: 'Set deletion_protection to true or false.',
  check({ properties, type }) {
    if (!PROTECTED.includes(type)) return NOT_APPLICABLE;
    return properties.deletion_protection === undefined
      ? nonCompliant('does not say whether it is protected from deletion')
      : COMPLIANT;
  },
};
