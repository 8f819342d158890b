import type { NodeContext, Value } from './value';

/** What is known of a node's outputs, in order, from what is known of its inputs. */
export type ShapeRule = (context: NodeContext) => Value[];
