import { summarizeModel } from '../onnx/summarize';
import { count } from './check';
import { operatorDomains } from './security/operator-domains';
import { staticCheck } from './security/rule';

/** Every operator is one the runtime itself carries out. */
export const operators = staticCheck(
  { id: 'operators', title: 'Every operator is one the serving runtime has' },
  [operatorDomains],
  ({ model }) => {
    const kinds = summarizeModel(model).operators;
    const nodes = kinds.reduce((sum, { count: times }) => sum + times, 0);
    return `${nodes} nodes of ${count(kinds.length, 'kind')}`;
  },
);
