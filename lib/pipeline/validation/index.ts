import type { Issue } from '../../issue';
import type { PipelineDefinition } from '../definition';
import { RULES } from './rules';
import { checkShape } from './shape';

export { definitionFields } from './fields';

/**
 * Everything that is wrong with a definition, in the order of its fields. What fields must be to one
 * another is looked at once each of them is well-formed.
 */
export function validateDefinition(definition: unknown): Issue[] {
  const issues = checkShape(definition);
  return issues.length > 0 ? issues : RULES.flatMap((rule) => rule(definition as PipelineDefinition));
}
