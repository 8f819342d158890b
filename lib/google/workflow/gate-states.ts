import type { GateRule, GateStep } from '../../pipeline';
import { API_RETRY, failureOf, FAILURE, nextOf } from './edges';
import { literal, stepName, value } from './expression';
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
            ...step.rules.flatMap((rule) => ruleSteps(name, rule, failed)),
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
function ruleSteps(name: string, rule: GateRule, failed: string): Steps {
  const measured = `map.get(${name}_measured, ${literal(rule.metric)})`;
  const variable = `${name}_value`;
  return [
    { [`${name}_${stepName(rule.metric)}`]: { assign: [{ [variable]: value(measured) }] } },
    {
      [`${name}_${stepName(rule.metric)}_holds`]: {
        switch: [
          {
            condition: value(`${variable} == null or ${violation(name, rule, variable)}`),
            assign: [
              {
                [failed]: value(
                  `list.concat(${failed}, ${literal(`${rule.metric} `)} + json.encode_to_string(${variable}) + ${literal(`, allowed ${describe(rule)}`)})`,
                ),
              },
            ],
          },
        ],
      },
    },
  ];
}

function violation(name: string, rule: GateRule, variable: string): string {
  if (rule.kind === 'bounds') {
    const sides = [
      rule.min !== undefined && `${variable} < ${rule.min}`,
      rule.max !== undefined && `${variable} > ${rule.max}`,
    ];
    return sides.filter(Boolean).join(' or ');
  }
  const before = `map.get(${name}_before, ${literal(rule.metric)})`;
  const loss = rule.goal === 'maximize' ? `${before} - ${variable}` : `${variable} - ${before}`;
  return `${before} == null or ${loss} > ${rule.maxLoss + NOISE}`;
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
