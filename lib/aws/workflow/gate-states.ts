import type { GateStep } from '../../pipeline';
import { parameters, type State, type States } from '../asl';
import { catchAll, failureOf, nextOf, stateKey } from './edges';
import type { Locations } from './locate';

/** A gate: its function judges, a choice acts on the verdict, and what it selects goes into the run's state. */
export function gateStates(step: GateStep, task: State, locations: Locations): States {
  const { id, selects } = step;
  const verdict = `$.gates.${stateKey(id)}`;
  const accepted = `${id}: accepted`;
  const rejected = `${id}: rejected`;
  const select = (verdictName: 'accepted' | 'rejected'): State => ({
    Type: 'Pass',
    Parameters: parameters(
      Object.fromEntries(
        Object.entries(selects ?? {}).map(([name, selection]) => [
          name,
          locations.find(selection[verdictName]).uri,
        ]),
      ),
    ),
    ResultPath: `$.selected.${stateKey(id)}`,
    ...nextOf(step),
  });
  return {
    [id]: {
      ...task,
      ResultSelector: { 'passed.$': '$.Payload.passed', 'checks.$': '$.Payload.checks' },
      ResultPath: verdict,
      ...catchAll(failureOf(step)),
      Next: `${id}: verdict`,
    },
    [`${id}: verdict`]: {
      Type: 'Choice',
      Choices: [{ Variable: `${verdict}.passed`, BooleanEquals: true, Next: accepted }],
      Default: rejected,
    },
    [accepted]: selects ? select('accepted') : { Type: 'Pass', ...nextOf(step) },
    [rejected]: selects
      ? select('rejected')
      : {
          Type: 'Pass',
          Parameters: { Error: 'GateRejected', 'Cause.$': `States.JsonToString(${verdict}.checks)` },
          ResultPath: '$.failure',
          Next: failureOf(step),
        },
  };
}
