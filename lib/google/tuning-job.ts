import { Construct } from 'constructs';
import type { GoogleMachine } from '../hardware';
import { throwIssues } from '../issue';
import type { Tuning, TuningRange } from '../pipeline';
import { grantVertexJobs } from './grant-vertex-jobs';
import { terraformStackOf } from './resource-name';
import type { StepAccount } from './step-account';
import { checkTraining, maxWaitOf, type TrainingProps, TrainingRequest } from './training-request';
import { checkTuning } from './tuning-limits';
import type { WorkflowStep } from './workflow/source';
import { RUN_TUNING_JOB } from './workflow/subworkflows';

export interface TuningJobProps extends TrainingProps {
  /** What is searched, and by which metric of those that `train` returns. */
  readonly tuning: Tuning;
}

/**
 * A search for hyperparameters as a tuning job of Vertex AI: as many trials as it has, each a custom job
 * that trains, all with one service account. What runs it is a step of a workflow:
 *
 * ```ts
 * const tune = new TuningJob(stack, 'Tune', { project, jobName: 'tune', step: 'tune', tuning: { … }, … });
 * tune.grantRun('Workflow', runner.member);
 * ```
 *
 * Each trial writes to directories of its own, `<output>/<trial>/`.
 */
export class TuningJob extends Construct {
  readonly account: StepAccount;
  readonly machine: GoogleMachine;
  /** A step of a workflow; its result is `{ job, trial }`: the id of the trial that was best. */
  readonly step: WorkflowStep;
  /** The same step on `machine`, then on each of the fallback machines, in their order. */
  readonly steps: readonly [WorkflowStep, ...WorkflowStep[]];
  private readonly props: TuningJobProps;

  constructor(scope: Construct, id: string, props: TuningJobProps) {
    super(scope, id);
    terraformStackOf(this);
    throwIssues(`tuning job "${props.jobName}"`, [...checkTraining(props), ...checkTuning(props.tuning)]);
    this.props = props;
    const request = new TrainingRequest(this, props);
    this.account = request.account;
    [this.machine] = request.machines;
    const { parallelTrials = 1, trials } = props.tuning;
    const turns = Math.ceil(trials / parallelTrials);
    this.steps = request.renderCalls(
      RUN_TUNING_JOB,
      (trialJobSpec) => ({
        studySpec: renderStudy(props.tuning),
        maxTrialCount: trials,
        parallelTrialCount: parallelTrials,
        // One that fails does not end the search; it fails when all of them do.
        maxFailedTrialCount: trials,
        trialJobSpec,
      }),
      turns * maxWaitOf(props),
    );
    [this.step] = this.steps;
  }

  /**
   * Allows running tunings of this construct, and waiting for them.
   *
   * @param id unique among the grants of this construct
   * @param member `serviceAccount:…`
   */
  grantRun(id: string, member: string): void {
    grantVertexJobs(this, this.props.project, member);
    this.account.grantActAs(id, member);
  }
}

/** `StudySpec`; Bayesian optimisation is what Vertex AI does where no algorithm is named. */
function renderStudy({ earlyStopping = 'off', goal, objective, ranges }: Tuning): object {
  return {
    metrics: [{ metricId: objective, goal: goal === 'maximize' ? 'MAXIMIZE' : 'MINIMIZE' }],
    parameters: Object.entries(ranges).map(([parameterId, range]) => ({
      parameterId,
      ...renderRange(range),
    })),
    ...(earlyStopping === 'auto' && { medianAutomatedStoppingSpec: { useElapsedDuration: false } }),
  };
}

function renderRange(range: TuningRange): object {
  if (range.kind === 'categorical') return { categoricalValueSpec: { values: range.values } };
  const scaleType = range.scale === 'log' ? 'UNIT_LOG_SCALE' : 'UNIT_LINEAR_SCALE';
  const { kind, max, min } = range;
  return kind === 'integer'
    ? { scaleType, integerValueSpec: { minValue: String(min), maxValue: String(max) } }
    : { scaleType, doubleValueSpec: { minValue: min, maxValue: max } };
}
