import type { RuleOf } from '../../rule';
import type { Subject, Subjects } from './subject';

export { COMPLIANT, nonCompliant, NOT_APPLICABLE } from '../../rule';

/** One thing that a stack is checked for. */
export type Rule = RuleOf<Subject, Subjects>;
