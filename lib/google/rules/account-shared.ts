import { accountOf, workOf } from './accounts';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const accountShared: Rule = {
  id: 'account-shared',
  level: 'error',
  cause: 'A service account of several steps lets each of them do what any of them needs.',
  fix: 'Give every step a service account of its own.',
  check(subject, all) {
    const account = accountOf(subject)?.account;
    // Models that are put on one endpoint are the same work: one takes the place of the other.
    if (typeof account !== 'string' || subject.type === 'DeployedModel') return NOT_APPLICABLE;
    const others = [...all].filter(
      (other) =>
        other.type !== 'DeployedModel' &&
        accountOf(other)?.account === account &&
        workOf(other) !== workOf(subject),
    );
    const [first] = others;
    return first === undefined ? COMPLIANT : nonCompliant(`shares its service account with ${workOf(first)}`);
  },
};
