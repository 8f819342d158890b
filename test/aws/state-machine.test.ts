import { PutObjectRequest$ } from '@aws-sdk/client-s3';
import * as sagemaker from '@aws-sdk/client-sagemaker';
import { PublishInput$ } from '@aws-sdk/client-sns';
import aslValidator from 'asl-validator';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import type { State, StateMachineDefinition, States } from '../../lib/aws/asl';
import { compile } from '../../lib/pipeline';
import { allStates } from './run-machine';
import { schemaErrors } from './sdk-schema';
import { synthPipeline } from './synth';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));

/** With everything in it that the definition can ask for. */
const definition = {
  ...spamFilter,
  deployment: {
    ...spamFilter.deployment,
    approval: { approvers: ['ml@example.com'] },
    endpoint: { ...spamFilter.deployment.endpoint, machine: { accelerator: 'cpu', memoryGiB: 8 } as const },
  },
  monitoring: { ...spamFilter.monitoring, capture: { samplePercent: 10 } },
};

let machine: StateMachineDefinition;
beforeAll(() => {
  machine = synthPipeline({ definition }).machine;
});

test('is valid Amazon States Language', () => {
  const { errorsText, isValid } = aslValidator(machine);
  expect(errorsText('\n')).toBe('');
  expect(isValid).toBe(true);
});

test('has the steps of the plan, in its order', () => {
  const steps = Object.keys(machine.States).filter((name) => !name.includes(': '));
  expect(steps).toEqual([...compile(definition).steps.map(({ id }) => id), 'Failed']);
});

test('reaches registry, model and endpoint through the verification alone', () => {
  const guarded = /createModel|createModelPackage|createEndpointConfig|createEndpoint|updateEndpoint$/;
  const withoutVerification = reachable(machine.StartAt, machine.States, 'verify');
  const touched = [...withoutVerification].filter((name) =>
    guarded.test(String(machine.States[name]?.Resource)),
  );
  expect(withoutVerification).toContain('convert');
  expect(touched).toEqual([]);
});

test('calls every API with parameters that it knows', () => {
  const errors = allStates(machine.States).flatMap(([name, { Resource, Parameters }]) => {
    const schema = schemaOf(String(Resource));
    return schema === undefined ? [] : schemaErrors(schema, Parameters, name);
  });
  expect(errors).toEqual([]);
});

test('checks the parameters of each API that it calls', () => {
  const unchecked = allStates(machine.States)
    .filter(([, { Resource, Type }]) => Type === 'Task' && schemaOf(String(Resource)) === undefined)
    .map(([, { Resource }]) => String(Resource));
  expect([...new Set(unchecked)].sort()).toEqual([
    'arn:aws:states:::aws-sdk:applicationautoscaling:deregisterScalableTarget',
    'arn:aws:states:::aws-sdk:applicationautoscaling:putScalingPolicy',
    'arn:aws:states:::aws-sdk:applicationautoscaling:registerScalableTarget',
    'arn:aws:states:::lambda:invoke',
  ]);
});

test('keeps names within the limits of Step Functions', () => {
  for (const [name] of allStates(machine.States)) expect(name.length).toBeLessThanOrEqual(80);
});

/** States on any path from `start` that does not go through `without`. */
function reachable(start: string, states: States, without: string, seen = new Set<string>()): Set<string> {
  if (start === without || seen.has(start)) return seen;
  seen.add(start);
  for (const next of edges(states[start])) reachable(next, states, without, seen);
  return seen;
}

function edges(state: State | undefined): string[] {
  const {
    Catch = [],
    Choices = [],
    Default,
    Next,
  } = (state ?? {}) as {
    Catch?: { Next: string }[];
    Choices?: { Next: string }[];
    Default?: string;
    Next?: string;
  };
  return [Next, Default, ...Catch.map((edge) => edge.Next), ...Choices.map((choice) => choice.Next)].filter(
    (name) => name !== undefined,
  );
}

/** `arn:aws:states:::aws-sdk:sagemaker:createModel` as `CreateModelInput$` of the SDK. */
function schemaOf(resource: string): unknown {
  const [service, action = ''] = (resource.split(':::')[1] ?? '').replace('aws-sdk:', '').split(':');
  if (service === 's3') return PutObjectRequest$;
  if (service === 'sns') return PublishInput$;
  if (service !== 'sagemaker') return undefined;
  const name = action.charAt(0).toUpperCase() + action.slice(1).replace(/\..*/, '');
  const schemas = sagemaker as unknown as Record<string, unknown>;
  return schemas[`${name}Request$`] ?? schemas[`${name}Input$`];
}
