import type { Issue } from '../../../issue';
import type { NodeProto } from '../../onnx/onnx_pb';
import { nodeName, scopesOf, type Scope } from '../../onnx/scopes';
import type { Rule } from './rule';

/** Name of a value that is used, and who uses it. */
type Uses = ReadonlyMap<string, string>;

/** Every value that is used exists, is made before it is used, and never from itself. */
export const wiring: Rule = ({ file, model }) => {
  const free = new Map<NodeProto, Map<string, string>>();
  // Inner scopes first: what they take from outside is a use of the node that holds them.
  const scopes = scopesOf(model).reverse();
  return scopes.flatMap((scope) => {
    const { problems, outside } = connect(scope, free);
    if (scope.owner) {
      const uses = free.get(scope.owner) ?? new Map<string, string>();
      for (const [name, user] of outside) uses.set(name, user);
      free.set(scope.owner, uses);
      return problems(file);
    }
    // A training graph may use everything of the main graph.
    if (scope.kind === 'training') return problems(file);
    return [...problems(file), ...[...outside].map(([name, user]) => missing(file, scope, name, user))];
  });
};

interface Connections {
  readonly problems: (file: string) => Issue[];
  /** Values that the scope itself does not provide. */
  readonly outside: Uses;
}

function connect(scope: Scope, free: ReadonlyMap<NodeProto, Uses>): Connections {
  const given = new Set([...scope.inputs, ...scope.stored]);
  const maker = new Map<string, number>();
  scope.nodes.forEach((node, index) => {
    for (const name of node.output) if (name !== '' && !given.has(name)) maker.set(name, index);
  });
  const outside = new Map<string, string>();
  const sources = scope.nodes.map((node, index) => {
    const uses = new Map([
      ...(free.get(node) ?? []),
      ...node.input.map((name) => [name, nodeName(node)] as const),
    ]);
    const makers: number[] = [];
    for (const [name, user] of uses) {
      const made = maker.get(name);
      if (name === '' || given.has(name)) continue;
      if (made === undefined) outside.set(name, user);
      else makers.push(made);
    }
    return { index, makers };
  });
  for (const name of scope.outputs) {
    if (name !== '' && !given.has(name) && !maker.has(name)) outside.set(name, `the output of ${scope.path}`);
  }
  const late = sources.find(({ index, makers }) => makers.some((made) => made >= index));
  return {
    outside,
    problems: (file) =>
      late
        ? [
            disorder(
              file,
              scope,
              late.index,
              sources.map(({ makers }) => makers),
            ),
          ]
        : [],
  };
}

function disorder(file: string, scope: Scope, late: number, sources: readonly (readonly number[])[]): Issue {
  const looped = cycle(sources);
  const names = (indices: readonly number[]) => indices.map((index) => name(scope, index)).join(' → ');
  if (looped.length === 0) {
    const message = `${scope.path}: ${names([late])} stands before a node whose answer it uses`;
    return {
      code: 'unsorted-nodes',
      path: file,
      message,
      fix: 'export the model again; nodes are written in the order they run',
    };
  }
  const message = `${scope.path}: ${names(looped.slice(0, 5))} feed each other in a circle`;
  return {
    code: 'graph-cycle',
    path: file,
    message,
    fix: 'export the model again; a graph has no circles, repetition is a Loop or Scan',
  };
}

/** Nodes that wait for each other: what is left when every node that can run has run. */
function cycle(sources: readonly (readonly number[])[]): number[] {
  const waiting = sources.map((makers) => makers.length);
  const users = sources.map((): number[] => []);
  sources.forEach((makers, index) => {
    for (const made of makers) users[made]?.push(index);
  });
  const ready = waiting.flatMap((left, index) => (left === 0 ? [index] : []));
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    for (const user of users[index] ?? []) {
      waiting[user] = (waiting[user] ?? 0) - 1;
      if (waiting[user] === 0) ready.push(user);
    }
  }
  return waiting.flatMap((left, index) => (left > 0 ? [index] : []));
}

function name({ nodes }: Scope, index: number): string {
  const node = nodes[index];
  return node ? nodeName(node) : '';
}

function missing(file: string, { path }: Scope, name: string, user: string): Issue {
  const message = `${path}: ${user} uses "${name}", which nothing provides`;
  return {
    code: 'missing-input',
    path: file,
    message,
    fix: 'export the model again; a node or an initialiser is lacking',
  };
}
