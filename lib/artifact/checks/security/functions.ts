import type { ModelProto } from '../../onnx/onnx_pb';
import { domainName, functionName, scopesOf, type Scope } from '../../onnx/scopes';
import type { Rule } from './rule';

/** Nodes a model may have once its functions are written out, as runtimes do. */
const MAX_EXPANDED_NODES = 1_000_000;

/** No function calls itself, and written out they do not explode. */
export const functions: Rule = ({ file, model }) => {
  const calls = callsOf(model);
  const sizes = sizesOf(calls);
  const recursive = [...calls.keys()].filter((name) => !sizes.has(name));
  const [first, ...others] = recursive;
  if (first !== undefined) {
    const ways = others.length > 0 ? `, or calls one that does; so do ${others.slice(0, 4).join(', ')}` : '';
    const fix = 'write it as a Loop; functions are expanded where they are called';
    return [
      { code: 'function-recursion', path: file, message: `function ${first} calls itself${ways}`, fix },
    ];
  }
  const nodes = expandedNodes(model, sizes);
  if (nodes <= MAX_EXPANDED_NODES) return [];
  const message = `has ${nodes} nodes when its functions are written out; allowed are ${MAX_EXPANDED_NODES}`;
  const fix = 'replace functions that call each other many times by a Loop';
  return [{ code: 'function-expansion', path: file, message, fix }];
};

/** How often each function calls each other, its subgraphs included. */
type Calls = ReadonlyMap<string, ReadonlyMap<string, number>>;

function callsOf(model: ModelProto): Calls {
  const calls = new Map(
    model.functions.map((definition) => [functionName(definition), new Map<string, number>()]),
  );
  for (const scope of scopesOf(model)) {
    const counts = calls.get(functionAround(scope) ?? '');
    for (const { domain, opType } of counts ? scope.nodes : []) {
      const called = `${domainName(domain)}::${opType}`;
      if (calls.has(called)) counts?.set(called, (counts.get(called) ?? 0) + 1);
    }
  }
  return calls;
}

/** The function a graph is part of, however deep. */
function functionAround(scope: Scope): string | undefined {
  let outermost = scope;
  while (outermost.parent) outermost = outermost.parent;
  return outermost.kind === 'function' ? outermost.path.slice('function '.length) : undefined;
}

/** Calls that each function comes to when written out; none for a function that never comes to an end. */
function sizesOf(calls: Calls): ReadonlyMap<string, number> {
  const callers = new Map<string, string[]>();
  for (const [caller, counts] of calls) {
    for (const called of counts.keys()) append(callers, called, caller);
  }
  const waiting = new Map([...calls].map(([name, counts]) => [name, counts.size]));
  const ready = [...waiting].filter(([, open]) => open === 0).map(([name]) => name);
  const sizes = new Map<string, number>();
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    let size = 1;
    for (const [called, times] of calls.get(name) ?? []) size += times * (sizes.get(called) ?? 0);
    sizes.set(name, size);
    for (const caller of callers.get(name) ?? []) {
      const open = (waiting.get(caller) ?? 0) - 1;
      waiting.set(caller, open);
      if (open === 0) ready.push(caller);
    }
  }
  return sizes;
}

function expandedNodes(model: ModelProto, sizes: ReadonlyMap<string, number>): number {
  return scopesOf(model)
    .filter((scope) => functionAround(scope) === undefined)
    .flatMap(({ nodes }) => nodes)
    .reduce((sum, { domain, opType }) => sum + (sizes.get(`${domainName(domain)}::${opType}`) ?? 1), 0);
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
