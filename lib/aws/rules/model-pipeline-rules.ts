import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib/core';
import { RULES } from './rules';
import type { Rule } from './rule';
import { readSubjects } from './read-subjects';
import type { Subject, Subjects } from './subject';

/**
 * Checks the templates of an app for what makes endpoints and jobs fail, or leaves them unsafe. It looks
 * at resources and at what state machines make when they run, whoever wrote them.
 *
 * ```ts
 * Validations.of(app).addPlugins(new ModelPipelineRules());
 * Validations.of(endpoint).acknowledge({ id: 'ModelPipeline::endpoint-capture', reason: '…' });
 * ```
 */
export class ModelPipelineRules implements IPolicyValidationPlugin {
  readonly name = 'ModelPipeline';
  readonly ruleIds = RULES.map(({ id }) => id);

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const subjects = readSubjects(context);
    const violations = RULES.flatMap((rule) => violationsOf(rule, subjects));
    return { success: violations.every(({ severity }) => severity !== 'error'), violations };
  }
}

/** One violation for each message, with everything it is about. */
function violationsOf(rule: Rule, subjects: Subjects): PolicyViolation[] {
  const found = new Map<string, Subject[]>();
  for (const subject of subjects) {
    const verdict = rule.check(subject, subjects);
    if (verdict.kind === 'non-compliant') {
      found.set(verdict.message, [...(found.get(verdict.message) ?? []), subject]);
    }
  }
  return [...found].map(([message, about]) => ({
    ruleName: rule.id,
    description: message,
    fix: rule.fix,
    severity: rule.level,
    violatingResources: about.map(({ place }) => place),
  }));
}
