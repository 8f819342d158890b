import { scopesOf } from '../onnx/scopes';
import { count } from './check';
import { duplicateNames } from './security/duplicate-names';
import { functions } from './security/functions';
import { nesting } from './security/nesting';
import { staticCheck } from './security/rule';
import { wiring } from './security/wiring';

/** The graph, its subgraphs and functions are well-formed. */
export const graph = staticCheck(
  { id: 'graph', title: 'Its graphs are well-formed: every value has one origin, and none is its own' },
  [nesting, duplicateNames, functions, wiring],
  ({ model }) => count(scopesOf(model).length, 'graph'),
);
