import type { RuleOf } from '../../rule';
import type { Subject, Subjects } from './subject';

export { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Verdict } from '../../rule';

/** One thing that the templates of an app are checked for. Acknowledged as `ModelPipeline::<id>`. */
export type Rule = RuleOf<Subject, Subjects>;
