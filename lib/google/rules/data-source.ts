import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** Computed by the provider itself. */
const LOCAL = ['google_iam_policy', 'terraform_data'];

export const dataSource: Rule = {
  id: 'data-source',
  level: 'warning',
  cause:
    'A data source asks the cloud at every plan: the same code plans differently, and not without credentials.',
  fix: 'Pass the value: project, number and region are props.',
  check({ kind, type }) {
    if (kind !== 'data') return NOT_APPLICABLE;
    return LOCAL.includes(type) ? COMPLIANT : nonCompliant(`${type} calls out when it is planned`);
  },
};
