import { accountOf } from './accounts';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const accountDefault: Rule = {
  id: 'account-default',
  level: 'error',
  cause:
    'Work that names no service account runs as a default one, which may do almost everything in many projects.',
  fix: 'Give it a service account of its own: StepAccount.',
  check(subject) {
    const found = accountOf(subject);
    if (found === undefined) return NOT_APPLICABLE;
    return found.account === undefined ? nonCompliant('names no service account') : COMPLIANT;
  },
};
