import type { Issue } from '../../../issue';
import type { PipelineDefinition } from '../../definition';

/** One thing that fields of a well-formed definition must be to one another. */
export type Rule = (definition: PipelineDefinition) => Issue[];
