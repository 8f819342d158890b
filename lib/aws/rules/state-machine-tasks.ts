import { listOf, objectOf, type Properties } from './flatten';
import type { Subject } from './subject';

const SERVICES: Readonly<Record<string, string>> = {
  sagemaker: 'AWS::SageMaker',
  applicationautoscaling: 'AWS::ApplicationAutoScaling',
};

/** `arn:aws:states:::sagemaker:createTrainingJob.sync`, `arn:aws:states:::aws-sdk:sagemaker:createModel` */
const INTEGRATION = /:states:::(?:aws-sdk:)?(\w+):(create|register|update)(\w+)/;

/** What the tasks of a state machine make, by the type that CloudFormation has or would have for it. */
export function tasksOf({ name, properties, place }: Subject): Subject[] {
  const machine = definitionOf(properties);
  return statesIn(machine).flatMap(([state, { Arguments, Parameters, Resource }]) => {
    const [, service = '', verb, noun] = INTEGRATION.exec(String(Resource)) ?? [];
    const namespace = SERVICES[service];
    if (namespace === undefined || noun === undefined) return [];
    return {
      type: `${namespace}::${noun}`,
      origin: verb === 'update' ? 'update' : 'create',
      name: `${name}: ${state}`,
      properties: objectOf(withoutPaths(Arguments ?? Parameters)),
      metadata: {},
      place,
    };
  });
}

function definitionOf({ Definition, DefinitionString }: Properties): Properties {
  if (typeof DefinitionString !== 'string') return objectOf(Definition);
  try {
    return objectOf(JSON.parse(DefinitionString));
  } catch {
    // Made of parts that are known at deployment only.
    return {};
  }
}

/** The states of a machine with those of its branches and iterations, by name. */
function statesIn(machine: Properties): (readonly [string, Properties])[] {
  return Object.entries(objectOf(machine.States)).flatMap(([name, value]) => {
    const state = objectOf(value);
    const inner = [...listOf(state.Branches), objectOf(state.ItemProcessor), objectOf(state.Iterator)];
    return [[name, state] as const, ...inner.flatMap(statesIn)];
  });
}

/** `"ModelName.$": "$.name"` as `"ModelName": "${$.name}"`: there, and not known. */
function withoutPaths(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key.endsWith('.$') ? [key.slice(0, -2), `\${${String(inner)}}`] : [key, withoutPaths(inner)],
    ),
  );
}
