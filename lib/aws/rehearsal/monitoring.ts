import { driftStep, type JobStep, type PipelineDefinition } from '../../pipeline';
import { withoutDrift } from '../../rehearsal/faults';
import type { FeedbackResult } from '../functions/feedback';
import type { Call } from './control-plane';
import { matchesPattern } from './event-rules';
import type { Run } from './interpreter';
import { differs } from './judge';
import { levelsThatSound } from './metric-alarms';
import type {
  DriftScenario,
  FeedbackScenario,
  ModelAgeScenario,
  MonitoringScenario,
} from './monitoring-scenarios';
import { goldenOf, labelledSamples, recordRequests } from './production';
import type { Performed, Stage } from './stage';
import type { ScheduledMachine } from './synthesize';
import { liveVersion, type World } from './world';

/** What happened, and where it was not as expected. */
export interface Observed {
  readonly run: Run;
  readonly calls: readonly Call[];
  readonly problems: readonly string[];
}

/** The check for drift as a step, which no plan has. */
export function driftStepOf(definition: PipelineDefinition): JobStep {
  return driftStep(definition, {
    capture: { from: 'store', prefix: 'capture/' },
    baseline: { from: 'store', prefix: 'baselines/' },
    preprocessing: { from: 'store', prefix: 'models/' },
  });
}

const NO_FAULT = { kind: 'none' } as const;
const NO_RUN: Run = { path: [], steps: [] };

/** Runs what happens between two releases: checks that schedules start, and feedback that starts a run. */
export class MonitoringRehearsal {
  constructor(
    private readonly definition: PipelineDefinition,
    private readonly stage: Stage,
  ) {}

  /** @param world changes by it */
  run(scenario: MonitoringScenario, world: World, name: string): Promise<Observed> {
    switch (scenario.runs) {
      case 'drift':
        return this.checkDrift(scenario, world, name);
      case 'model-age':
        return this.measureAge(scenario, world, name);
      case 'feedback':
        return this.bringFeedback(scenario, world);
    }
  }

  private async checkDrift(scenario: DriftScenario, world: World, name: string): Promise<Observed> {
    const { alarms, drift } = this.stage.template;
    this.serveRequests(scenario.requests, world);
    const performed = await this.start(drift, world, name, scenario.requests === 'known');
    const observed = observe(performed, scenario.measured);
    const sounding = levelsThatSound(alarms, performed.measurements);
    return { ...observed, problems: [...observed.problems, ...differs('alarms', sounding, scenario.alarms)] };
  }

  private async measureAge(scenario: ModelAgeScenario, world: World, name: string): Promise<Observed> {
    return observe(await this.start(this.stage.template.modelAge, world, name), scenario.measured);
  }

  /** Some samples; those that are still missing, with one that was there; the last event again; its run. */
  private async bringFeedback(scenario: FeedbackScenario, world: World): Promise<Observed> {
    const { bucket, pipeline } = this.stage.template;
    const before = liveVersion(world, bucket);
    const golden = goldenOf(world, bucket);
    const executions = this.stage.executions(world);
    const outcomes: string[] = [];
    const hear = async (source: string, type: string, detail: object) => {
      const event = { source, 'detail-type': type, detail };
      for (const { functionArn, input, pattern } of this.stage.template.rules) {
        if (!matchesPattern(pattern, event)) continue;
        const result = await this.stage.invoke(functionArn, input, world, executions);
        outcomes.push((result as FeedbackResult).outcome);
      }
    };
    const arrive = async (file: string, numbers: readonly number[]) => {
      const key = `feedback/${this.definition.name}/${file}`;
      world.s3.put(bucket, key, labelledSamples(golden, numbers));
      await hear('aws.s3', 'Object Created', { bucket: { name: bucket }, object: { key } });
    };
    const enough = this.definition.monitoring.feedback?.retrainAfterSamples ?? 1;
    const numbers = Array.from({ length: enough }, (_, number) => number);
    await arrive('monday.jsonl', numbers.slice(0, -1));
    await arrive('tuesday.jsonl', numbers.slice(-2));
    await arrive('tuesday.jsonl', numbers.slice(-2));
    const [started, ...others] = executions.all;
    if (started === undefined) {
      return { run: NO_RUN, calls: [], problems: differs('outcomes', outcomes, scenario.outcomes) };
    }
    const { run, calls } = await this.stage.perform(world, {
      machine: pipeline,
      name: started.name,
      fault: NO_FAULT,
    });
    started.status = run.failure ? 'FAILED' : 'SUCCEEDED';
    await hear('aws.states', 'Step Functions Execution Status Change', {
      stateMachineArn: pipeline.arn,
      status: started.status,
    });
    return {
      run,
      calls,
      problems: [
        ...differs('outcomes', outcomes, scenario.outcomes),
        ...differs('further runs', others.length, 0),
        ...differs('run', started.status, 'SUCCEEDED'),
        ...differs('another version is live', liveVersion(world, bucket) !== before, true),
      ],
    };
  }

  /** The endpoint answers, and records what it was asked. */
  private serveRequests(requests: DriftScenario['requests'], world: World): void {
    if (requests === 'none') return;
    const { bucket } = this.stage.template;
    const recording = world.sagemaker.recording();
    if (recording === undefined) throw new Error('the endpoint records no requests');
    const golden = goldenOf(world, bucket);
    const enough = Number(driftStepOf(this.definition).parameters.minSamples);
    const kinds = requests === 'unlike' ? golden.slice(0, 1) : golden;
    const count = requests === 'few' ? enough - 1 : enough;
    const samples = Array.from({ length: count }, (_, index) => kinds[index % kinds.length]);
    recordRequests(
      world,
      recording.uri,
      samples.filter((sample) => sample !== undefined),
      this.stage.guard(recording.roleArn),
    );
  }

  /** @param calm whether the program finds nothing */
  private start(
    machine: ScheduledMachine | undefined,
    world: World,
    name: string,
    calm = false,
  ): Promise<Performed> {
    if (machine === undefined) throw new Error('the template has no such state machine');
    this.stage.authorizeStart(machine.startedBy, machine);
    return this.stage.perform(world, {
      machine,
      name,
      fault: NO_FAULT,
      ...(calm && { alter: (_, outputs) => withoutDrift(outputs) }),
    });
  }
}

function observe({ calls, measurements, run }: Performed, measured: readonly string[]): Observed {
  const names = measurements.map(({ name }) => name);
  return {
    run,
    calls,
    problems: [...differs('failure', run.failure?.cause, undefined), ...differs('metrics', names, measured)],
  };
}
