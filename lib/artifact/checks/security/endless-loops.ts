import type { GraphProto } from '../../onnx/onnx_pb';
import { attributeOf, nodeName } from '../../onnx/scopes';
import { inferShapes } from '../../onnx/shapes/infer';
import { numbersOf } from '../../onnx/small-values';
import type { Rule } from './rule';

/** Rounds of a loop that nothing but their number ends. */
const MAX_ROUNDS = 1_000_000;

/** Every Loop ends: by a condition that is computed, or after a number of rounds. */
export const endlessLoops: Rule = ({ file, model }) =>
  inferShapes(model).flatMap(({ node, scope, inputs }) => {
    const body = attributeOf(node, 'body')?.g;
    if (node.opType !== 'Loop' || !body || !neverStops(body)) return [];
    const [limit, condition] = inputs;
    // Not run at all where the condition is false from the start; the input decides where it is computed.
    if (condition && condition.numbers?.[0] !== 1) return [];
    const rounds = limit ? limit.numbers?.[0] : Infinity;
    if (rounds === undefined || rounds <= MAX_ROUNDS) return [];
    const times = rounds === Infinity ? 'without end' : `${rounds} times`;
    const message = `${scope.path}: ${nodeName(node)} runs ${times}: its condition is always true`;
    return [
      {
        code: 'endless-loop',
        path: file,
        message,
        fix: 'compute the condition in the body, or give a limit of rounds',
      },
    ];
  });

/** Whether the body's condition is a constant true, or the one it was given. */
function neverStops({ input, output, node, initializer }: GraphProto): boolean {
  const makers = new Map(node.flatMap((maker) => maker.output.map((name) => [name, maker] as const)));
  const stored = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const seen = new Set<string>();
  let name = output[0]?.name ?? '';
  while (!seen.has(name)) {
    if (name === input[1]?.name) return true;
    const maker = makers.get(name);
    const tensor = maker?.opType === 'Constant' ? attributeOf(maker, 'value')?.t : undefined;
    const constant = tensor ?? stored.get(name);
    if (constant) return numbersOf(constant)?.[0] === 1;
    if (maker?.opType !== 'Identity' && maker?.opType !== 'Cast') return false;
    seen.add(name);
    name = maker.input[0] ?? '';
  }
  return false;
}
