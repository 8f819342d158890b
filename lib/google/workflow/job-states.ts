import type { JobStep, Retry as PlanRetry, Step } from '../../pipeline';
import { failureOf, FAILURE, nextOf } from './edges';
import { stepName, value } from './expression';
import { trainedOf } from './locate';
import type { Retry, Steps, WorkflowStep } from './source';
import { MACHINE_LOST } from './subworkflows';
import { NO_CAPACITY_TAG } from './vertex-jobs';

/**
 * A job, tried again when its machine was lost but not when its program failed. Where a machine has no
 * capacity, the try goes on to the next one, in their order.
 *
 * @param calls the job on each of its machines, in their order
 */
export function jobStates(step: JobStep, calls: readonly WorkflowStep[]): Steps {
  const name = stepName(step.id);
  const nameOf = (index: number) => (index === 0 ? `${name}_job` : `${name}_job_on_machine_${index + 1}`);
  const ran = `${name}_ran`;
  const result = `result_${name}`;
  const tries = calls.map((call, index): Readonly<Record<string, WorkflowStep>> => {
    const attempt = { ...call, result };
    if (index + 1 === calls.length) return { [nameOf(index)]: { ...attempt, next: ran } };
    return {
      [nameOf(index)]: {
        try: attempt,
        except: {
          as: 'e',
          steps: [
            {
              [`${nameOf(index)}_cause`]: {
                switch: [
                  {
                    condition: value(`"${NO_CAPACITY_TAG}" in default(map.get(e, "tags"), [])`),
                    next: nameOf(index + 1),
                  },
                ],
              },
            },
            { [`${nameOf(index)}_lost`]: { raise: value('e') } },
          ],
        },
        next: ran,
      },
    };
  });
  const trained = trainedOf(step, result);
  return [
    {
      [name]: retried(step, {
        steps: [...tries, { [ran]: { assign: trained ? [trained] : [{ [result]: null }] } }],
      }),
    },
  ];
}

/** Does it again while machines are lost, and takes the step's edges. */
export function retried(
  step: Pick<Step, 'id' | 'next' | 'onFailure'> & { readonly retry: PlanRetry },
  body: WorkflowStep,
): WorkflowStep {
  return {
    try: body,
    retry: renderRetry(step.retry),
    except: {
      as: 'e',
      steps: [
        { [`${stepName(step.id)}_failed`]: { assign: [{ [FAILURE]: value('e') }], next: failureOf(step) } },
      ],
    },
    next: nextOf(step),
  };
}

function renderRetry({ attempts, backoffSeconds }: PlanRetry): Retry {
  return {
    predicate: value(MACHINE_LOST),
    max_retries: attempts,
    backoff: {
      initial_delay: backoffSeconds,
      max_delay: backoffSeconds * 2 ** attempts,
      multiplier: 2,
    },
  };
}
