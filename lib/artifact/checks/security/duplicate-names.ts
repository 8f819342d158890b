import type { Issue } from '../../../issue';
import { functionName, scopesOf, type Scope } from '../../onnx/scopes';
import type { Rule } from './rule';

/** Within a graph, every value has one origin; a function is defined once. */
export const duplicateNames: Rule = ({ file, model }) => {
  const issue = (message: string): Issue => ({
    code: 'duplicate-name',
    path: file,
    message,
    fix: 'export the model again; readers of the file would not agree on which of them is meant',
  });
  const functions = model.functions.map(
    (definition) => functionName(definition) + (definition.overload && `:${definition.overload}`),
  );
  return [
    ...repeated(functions).map((name) => issue(`function ${name} is defined more than once`)),
    ...scopesOf(model).flatMap((scope) =>
      doubles(scope).map((name) => issue(`${scope.path}: "${name}" has more than one origin`)),
    ),
  ];
};

/** Files of IR version 3 list initialisers among the inputs: that is one origin, with a default. */
function doubles({ inputs, stored, nodes }: Scope): string[] {
  const given = new Set([...inputs, ...stored]);
  const made = nodes.flatMap(({ output }) => output.filter((name) => name !== ''));
  return [...new Set([...repeated(inputs), ...repeated(stored), ...repeated([...given, ...made])])];
}

function repeated(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => name !== '' && (seen.has(name) || !seen.add(name)));
}
