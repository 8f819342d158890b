import type { GateRule, GateStep } from '../../pipeline';
import { API_RETRY, failureOf, FAILURE, nextOf } from './edges';
import { decimal, literal, stepName, value } from './expression';
import { type Locations, selection } from './locate';
import type { Steps, WorkflowStep } from './source';
import { READ_JSON } from './subworkflows';

/** Noise of a subtraction must not decide: 0.95 − 0.94 is 0.010000000000000009. As in `decideGate`. */
const NOISE = 1e-12;

/**
 * A gate: reads what was measured, holds it against its rules, and goes on with what the verdict selects.
 * A metric that was not measured fails its rule.
 */
export function gateStates(step: GateStep, locations: Locations): Steps {
  const name = stepName(step.id);
  const { metrics, baseline } = locations.inputsOf(step);
  if (metrics === undefined) throw new Error(`gate "${step.id}" has no metrics`);
  const failed = `${name}_failed_rules`;
  const read = (path: string, result: string): WorkflowStep => ({
    call: READ_JSON,
    args: { path: value(`${path} + "metrics.json"`) },
    result,
  });
  return [
    {
      [name]: {
        try: {
          steps: [
            { [`${name}_metrics`]: read(metrics.path, `${name}_measured`) },
            ...(baseline ? [{ [`${name}_baseline`]: read(baseline.path, `${name}_before`) }] : []),
            { [`${name}_rules`]: { assign: [{ [failed]: [] }] } },
            ...step.rules.flatMap((rule, index) => ruleSteps(name, rule, index, failed)),
          ],
        },
        retry: API_RETRY,
        except: {
          as: 'e',
          steps: [{ [`${name}_broken`]: { assign: [{ [FAILURE]: value('e') }], next: failureOf(step) } }],
        },
      },
    },
    {
      [`${name}_verdict`]: {
        switch: [{ condition: value(`len(${failed}) == 0`), next: `${name}_accepted` }],
        next: `${name}_rejected`,
      },
    },
    { [`${name}_accepted`]: { assign: select(step, 'accepted', locations), next: nextOf(step) } },
    {
      [`${name}_rejected`]: step.selects
        ? { assign: select(step, 'rejected', locations), next: nextOf(step) }
        : {
            assign: [
              {
                [FAILURE]: {
                  message: value(
                    `"metrics outside the bounds of the gate: " + json.encode_to_string(${failed})`,
                  ),
                  tags: ['GateRejected'],
                },
              },
            ],
            next: failureOf(step),
          },
    },
  ];
}

/** Remembers a rule that does not hold, with what was measured. */
function ruleSteps(name: string, rule: GateRule, index: number, failed: string): Steps {
  const step = `${name}_rule_${index + 1}`;
  const measured = `map.get(${name}_measured, ${literal(rule.metric)})`;
  const variable = `${name}_value`;
  const before = `${name}_value_before`;
  const told = `${literal(`${rule.metric} `)} + json.encode_to_string(${variable})`;
  return [
    {
      [step]: {
        assign: [
          { [variable]: value(measured) },
          ...(rule.kind === 'loss'
            ? [{ [before]: value(`map.get(${name}_before, ${literal(rule.metric)})`) }]
            : []),
        ],
      },
    },
    {
      [`${step}_holds`]: {
        switch: [
          ...[`${variable} == null`, ...violations(rule, variable, before)].map((condition) => ({
            condition: value(condition),
            next: `${step}_broken`,
          })),
        ],
        next: `${step}_judged`,
      },
    },
    {
      [`${step}_broken`]: {
        assign: [
          { [failed]: value(`list.concat(${failed}, ${told} + ${literal(`, allowed ${describe(rule)}`)})`) },
        ],
      },
    },
    { [`${step}_judged`]: { assign: [{ [variable]: null }] } },
  ];
}

/** In the order in which they are looked at: a later one may rely on the earlier ones. */
function violations(rule: GateRule, measured: string, before: string): string[] {
  if (rule.kind === 'bounds') {
    return [
      ...(rule.min === undefined ? [] : [`${measured} < ${decimal(rule.min)}`]),
      ...(rule.max === undefined ? [] : [`${measured} > ${decimal(rule.max)}`]),
    ];
  }
  const loss = rule.goal === 'maximize' ? `${before} - ${measured}` : `${measured} - ${before}`;
  return [`${before} == null`, `${loss} > ${decimal(rule.maxLoss + NOISE)}`];
}

function describe(rule: GateRule): string {
  if (rule.kind === 'loss') return `loss ${rule.maxLoss}`;
  return [rule.min !== undefined && `from ${rule.min}`, rule.max !== undefined && `to ${rule.max}`]
    .filter(Boolean)
    .join(' ');
}

function select(
  { id, selects }: GateStep,
  verdict: 'accepted' | 'rejected',
  locations: Locations,
): readonly Readonly<Record<string, unknown>>[] {
  const chosen = Object.entries(selects ?? {}).map(([name, by]) => [
    name,
    value(locations.find(by[verdict]).path),
  ]);
  return [{ [selection(id)]: Object.fromEntries(chosen) as unknown }];
}
