import { MAX_EXPRESSION } from '../workflow/expression';
import { sourceOf, WORKFLOW } from './read-subjects';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** https://docs.cloud.google.com/workflows/quotas */
const MAX_BYTES = 128 * 1024;

export const workflowLimits: Rule = {
  id: 'workflow-limits',
  level: 'error',
  cause: 'Workflows refuses a source of more than 128 KB, and expressions of more than 400 characters.',
  fix: 'Put what repeats into a subworkflow; assign parts of the expression to variables first.',
  check({ properties, type }) {
    const source = sourceOf(properties);
    if (type !== WORKFLOW || source === '') return NOT_APPLICABLE;
    const bytes = Buffer.byteLength(source);
    if (bytes > MAX_BYTES) return nonCompliant(`the source has ${bytes} bytes`);
    const long = [...source.matchAll(/\$\{((?:\\.|[^"\\])*?)\}(?=")/g)].find(
      ([, expression = '']) => expression.length > MAX_EXPRESSION,
    );
    return long
      ? nonCompliant(`the expression ${long[0].slice(0, 40)}… has ${long[1]?.length ?? 0} characters`)
      : COMPLIANT;
  },
};
