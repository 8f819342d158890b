import type { Issue } from '../../../issue';
import type { ModelProto } from '../../onnx/onnx_pb';
import { functionName } from '../../onnx/scopes';
import { summarizeModel } from '../../onnx/summarize';
import { count } from '../check';
import type { Rule } from './rule';

/** Domains whose operators are part of every onnxruntime build this library serves with. */
const ALLOWED_DOMAINS = ['ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/** Operators of these domains that run code from elsewhere, or load a file the model names. */
const FOREIGN_CODE = ['ATen', 'EPContext', 'ExternalOp', 'PyOp', 'PythonOp', 'PythonOpGrad', 'TritonOp'];

/** Every operator is of an allowed domain and an imported version, or a function the model itself defines. */
export const operatorDomains: Rule = ({ file, model }) => {
  const { operators, opsets } = summarizeModel(model);
  const own = ownFunctions(model);
  return operators.flatMap(({ domain, name, count: times }): Issue[] => {
    const used = `uses ${name} of domain "${domain}" ${count(times, 'time')}`;
    const issue = (code: string, message: string, fix: string) => [{ code, path: file, message, fix }];
    if (own.has(`${domain}::${name}`)) return [];
    if (!ALLOWED_DOMAINS.includes(domain)) {
      const fix =
        'export the model with standard operators; an optimised file tied to one machine has others';
      return issue('operator-domain', `${used}; allowed: ${ALLOWED_DOMAINS.join(', ')}`, fix);
    }
    if (FOREIGN_CODE.includes(name) && domain !== 'ai.onnx.ml') {
      return issue(
        'operator-code',
        `${used}, which runs what is not in the model`,
        'export the model with standard operators',
      );
    }
    if (Object.hasOwn(opsets, domain)) return [];
    return issue(
      'opset-missing',
      `${used} without importing a version of it`,
      'export the model again with opset 18',
    );
  });
};

function ownFunctions({ functions }: ModelProto): ReadonlySet<string> {
  return new Set(functions.map(functionName));
}
