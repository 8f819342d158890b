import aslValidator from 'asl-validator';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import type { State, StateMachineDefinition, States } from '../../lib/aws/asl';
import { actionOf, allStates } from '../../lib/aws/rehearsal/interpreter';
import { ServiceModels } from '../../lib/aws/rehearsal/service-models';
import { compile } from '../../lib/pipeline';
import { machineOf, synthPipeline } from './synth';

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
let rollback: StateMachineDefinition;
beforeAll(() => {
  const { template, machine: pipeline } = synthPipeline({ definition });
  machine = pipeline;
  rollback = machineOf(template, 'Rollback');
});

test.each(['pipeline', 'rollback'])('is valid Amazon States Language: the %s', (name) => {
  const { errorsText, isValid } = aslValidator(name === 'rollback' ? rollback : machine);
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

test('registers what was verified, and nothing else: the model and the report of one verification', () => {
  const inputsOf = (step: string) =>
    (machine.States[step]?.Parameters as { Payload: { inputs: object; outputs: object } }).Payload;
  const [verify, register] = [inputsOf('verify'), inputsOf('register')];
  expect(register.inputs).toMatchObject({
    ...verify.inputs,
    'report.$': (verify.outputs as { 'report.$': string })['report.$'],
  });
});

test('goes on from the verification to registration by success alone', () => {
  const { Catch, Next } = machine.States.verify as unknown as { Catch: { Next: string }[]; Next: string };
  expect(Next).toBe('register');
  for (const edge of Catch) {
    const reached = reachable(edge.Next, machine.States, 'verify');
    expect([...reached]).not.toContain('register');
  }
});

test('goes back to versions alone that were released and are approved', () => {
  const touched = (without: string) =>
    [...reachable(rollback.StartAt, rollback.States, without)].filter((name) =>
      /createModel|createEndpointConfig|createEndpoint|updateEndpoint$/.test(
        String(rollback.States[name]?.Resource),
      ),
    );
  const restores = ['restore: update the endpoint'];
  expect(touched('rollback: read its record')).toEqual(restores);
  expect(touched('rollback: is it approved?')).toEqual(restores);
});

test('calls every API with parameters that it knows', () => {
  const models = new ServiceModels();
  const errors = [machine, rollback].flatMap(({ States }) =>
    allStates(States)
      .filter(([, { Type }]) => Type === 'Task')
      .flatMap(([, { Parameters, Resource }]) =>
        models.check(actionOf(Resource), Parameters as Record<string, unknown>),
      ),
  );
  expect(errors).toEqual([]);
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
