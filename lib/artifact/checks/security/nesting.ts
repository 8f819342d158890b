import { scopesOf } from '../../onnx/scopes';
import type { Rule } from './rule';

/** Graphs within graphs; exporters make three at most, runtimes recurse once per level. */
const MAX_DEPTH = 16;

/** Graphs are not nested so deeply that reading them exhausts a stack. */
export const nesting: Rule = ({ file, model }) => {
  const deepest = scopesOf(model).reduce((max, { depth }) => Math.max(max, depth), 0);
  if (deepest <= MAX_DEPTH) return [];
  const message = `has graphs nested ${deepest} deep; allowed are ${MAX_DEPTH}`;
  return [
    { code: 'nesting-depth', path: file, message, fix: 'export the model with fewer nested If and Loop' },
  ];
};
