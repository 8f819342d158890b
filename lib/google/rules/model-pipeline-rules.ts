import { Annotations, type TerraformStack } from 'cdktf';
import type { Construct, IConstruct, IValidation } from 'constructs';
import { issue, throwIssues } from '../../issue';
import { terraformStackOf } from '../resource-name';
import { readSubjects } from './read-subjects';
import { RULES } from './rules';

const ACKNOWLEDGED = 'cdk-model-pipeline:acknowledged';
const REGISTERED = new WeakMap<TerraformStack, ModelPipelineRules>();

export interface Acknowledgment {
  /** Of the rule. */
  readonly id: string;
  /** Why it does not hold here. */
  readonly reason: string;
}

/**
 * Checks a stack for what makes endpoints and jobs fail, or leaves them unsafe. It looks at resources and at
 * what workflows ask for when they run, whoever wrote them. An error stops the synthesis, a warning becomes an
 * annotation of the construct.
 *
 * ```ts
 * ModelPipelineRules.of(stack);
 * ModelPipelineRules.acknowledge(endpoint, { id: 'endpoint-capture', reason: '…' });
 * ```
 */
export class ModelPipelineRules implements IValidation {
  /** The rules of the stack that the construct lies in, registered at the first call. */
  static of(scope: Construct): ModelPipelineRules {
    const stack = terraformStackOf(scope);
    const rules = REGISTERED.get(stack) ?? new ModelPipelineRules(stack);
    REGISTERED.set(stack, rules);
    return rules;
  }

  /** Leaves a construct, and all below it, out of a rule. */
  static acknowledge(construct: IConstruct, acknowledgment: Acknowledgment): void {
    const { id, reason } = acknowledgment;
    throwIssues(`acknowledgment at "${construct.node.path}"`, [
      ...(RULES.some((rule) => rule.id === id)
        ? []
        : [issue('rule-unknown', 'id', `is "${id}"`, 'Name a rule of docs/reference/google-rules.md.')]),
      ...(reason.trim() === ''
        ? [issue('reason-missing', 'reason', 'is empty', 'Say why it does not hold.')]
        : []),
    ]);
    construct.node.addMetadata(ACKNOWLEDGED, acknowledgment);
  }

  private constructor(private readonly stack: TerraformStack) {
    stack.node.addValidation(this);
  }

  validate(): string[] {
    const subjects = readSubjects(this.stack);
    const errors = new Set<string>();
    for (const rule of RULES) {
      for (const subject of subjects) {
        const verdict = rule.check(subject, subjects);
        if (verdict.kind !== 'non-compliant' || isAcknowledged(subject.construct, rule.id)) continue;
        const where = subject.step === '' ? '' : ` (step ${subject.step})`;
        const message = `${verdict.message}${where} [${rule.id}]\n    fix: ${rule.fix}`;
        if (rule.level === 'error') errors.add(`${subject.construct.node.path}: ${message}`);
        else Annotations.of(subject.construct).addWarning(message);
      }
    }
    return [...errors];
  }
}

function isAcknowledged(construct: IConstruct, id: string): boolean {
  return construct.node.scopes.some(({ node }) =>
    node.metadata.some(({ data, type }) => type === ACKNOWLEDGED && (data as Acknowledgment).id === id),
  );
}
