import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, type Issue, throwIssues } from '../../issue';
import { compile, type PipelineDefinition, type Plan } from '../../pipeline';
import { ProgramCache } from '../../rehearsal/program-cache';
import { type Scenario, scenariosOf } from '../../rehearsal/scenarios';
import { Authorizer } from './authorizer';
import type { Call } from './control-plane';
import { judge } from './judge';
import { driftStepOf, MonitoringRehearsal } from './monitoring';
import { type MonitoringScenario, monitoringScenariosOf } from './monitoring-scenarios';
import { RehearsedFunctions } from './rehearsed-functions';
import { type ProgramRunner, RehearsedJobs } from './rehearsed-jobs';
import { ServiceModels } from './service-models';
import { type Performed, Stage } from './stage';
import { synthesizePipeline } from './synthesize';
import { copyOf, emptyWorld, liveVersion, servedVersion, type World } from './world';

export interface RehearsalOptions {
  /** Directory of the raw data. */
  readonly data: string;
  /** Carries out the stage programs. */
  readonly runProgram: ProgramRunner;
  /** `modelSize` of the pipeline, in MiB: what is too large for functions runs as jobs. @default 400 */
  readonly modelMebibytes?: number;
}

/** How a scenario went. */
export interface ScenarioResult {
  readonly scenario: Scenario | MonitoringScenario;
  /** States that were entered. */
  readonly path: readonly string[];
  readonly steps: readonly string[];
  readonly failure?: { readonly name: string; readonly cause: string };
  readonly calls: readonly Call[];
  /** Where it did not go as expected; empty where it did. */
  readonly problems: readonly string[];
}

/** An account, with the versions that are live and were live before. */
interface Start extends World {
  readonly live?: string;
  readonly before?: string;
}

/** Nothing; a version; another version over it: what scenarios begin with. */
interface Starts {
  readonly empty: Start;
  readonly before: Start;
  readonly after: Start;
}

type Run = Pick<Scenario, 'runs' | 'fault' | 'approval' | 'to'>;

const USUAL: Run = { runs: 'pipeline', fault: { kind: 'none' }, approval: 'automatic' };

const MANUAL = { approvers: ['approver@example.com'] };

/**
 * Runs the state machines of a definition's template on this machine, in scenario after scenario: jobs by
 * the stage programs, functions by their own code, all other calls by stand-ins that hold them to the SDK's
 * models and to the policies of the template.
 */
export class Rehearsal {
  /** Packages without which calls of a service could not be checked. */
  readonly unchecked: ReadonlySet<string>;
  readonly scenarios: readonly (Scenario | MonitoringScenario)[];
  private readonly plan: Plan;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  private readonly cache = new ProgramCache(join(this.directory, 'programs'));
  private readonly functions = new RehearsedFunctions(join(this.directory, 'versions'), this.cache);
  private readonly models = new ServiceModels();
  private readonly jobs: RehearsedJobs;
  private readonly stages = new Map<Scenario['approval'], { stage: Stage; authorizer: Authorizer }>();
  private readonly used = new Set<string>();
  private runs = 1;
  private starts: Promise<Starts> | undefined;

  constructor(
    private readonly definition: PipelineDefinition,
    private readonly options: RehearsalOptions,
  ) {
    throwIssues('rehearsal', checkData(options.data));
    this.plan = compile(definition);
    this.scenarios = [...scenariosOf(this.plan), ...monitoringScenariosOf(definition)];
    this.unchecked = this.models.unchecked;
    this.jobs = new RehearsedJobs({
      plan: { ...this.plan, steps: [...this.plan.steps, driftStepOf(definition)] },
      source: definition.source,
      directory: this.directory,
      cache: this.cache,
      run: options.runProgram,
    });
  }

  /** Runs one scenario from its beginning. */
  async run(scenario: Scenario | MonitoringScenario): Promise<ScenarioResult> {
    const starts = await (this.starts ??= this.prepare());
    switch (scenario.runs) {
      case 'pipeline':
      case 'rollback':
        return this.release(scenario, starts);
      default:
        return this.monitor(scenario, starts);
    }
  }

  /** What roles are allowed and no scenario took so far: `<role> <action>`. AWS' own share is not counted. */
  unusedPermissions(): string[] {
    return [...new Set([...this.stages.values()].flatMap(({ authorizer }) => authorizer.unused()))];
  }

  async close(): Promise<void> {
    await this.functions.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async release(scenario: Scenario, { after, before, empty }: Starts): Promise<ScenarioResult> {
    const start = scenario.runs === 'rollback' ? after : scenario.liveBefore ? before : empty;
    const { calls, locked, run, world } = await this.perform(scenario, start);
    const { live } = world;
    const outcome = { run, live, served: servedVersion(world), locked };
    const versions = {
      new: after.live,
      before: before.live,
      none: undefined,
      other: live === before.live ? 'another version' : live,
    };
    return { scenario, ...run, calls, problems: judge(this.plan, scenario, outcome, versions) };
  }

  private async monitor(scenario: MonitoringScenario, { before, empty }: Starts): Promise<ScenarioResult> {
    const world = copyOf(scenario.liveBefore ? before : empty);
    const monitoring = new MonitoringRehearsal(this.definition, this.stage('automatic'));
    const { calls, problems, run } = await monitoring.run(scenario, world, this.nameRun(scenario.runs));
    return { scenario, ...run, calls, problems };
  }

  private async prepare(): Promise<Starts> {
    const empty = emptyWorld();
    const { bucket } = this.stage('automatic').template;
    empty.s3.putDirectory(this.options.data, bucket, `datasets/${this.plan.pipeline}/`);
    const before = await this.succeed(empty, true);
    return { empty, before, after: await this.succeed(before, false) };
  }

  private async succeed(from: Start, another: boolean): Promise<Start> {
    const { run, world } = await this.perform(USUAL, from, another);
    if (run.failure) throw new Error(`a run without faults failed: ${run.failure.cause}`);
    return world;
  }

  /** @param another whether the version that is made is another one than usual */
  private async perform(
    { approval, fault, runs, to }: Run,
    from: Start,
    another = false,
  ): Promise<Performed & { readonly world: Start }> {
    const stage = this.stage(approval);
    const world = copyOf(from);
    const performed = await stage.perform(world, {
      machine: stage.template[runs],
      name: this.nameRun(runs),
      input: to === undefined ? {} : { version: to === 'before' ? (from.before ?? '') : to },
      fault,
      another,
    });
    const live = liveVersion(world, stage.template.bucket);
    return { ...performed, world: { ...world, live, before: from.live } };
  }

  private nameRun(what: string): string {
    return `${what}-${this.runs++}`;
  }

  private stage(approval: Scenario['approval']): Stage {
    const known = this.stages.get(approval);
    if (known) return known.stage;
    const deployment = { ...this.definition.deployment, approval: approval === 'manual' ? MANUAL : approval };
    const template = synthesizePipeline({ ...this.definition, deployment }, this.options.modelMebibytes);
    const authorizer = new Authorizer(template.permissions, this.used);
    const { functions, jobs, models, plan } = this;
    const stage = new Stage({ plan, template, authorizer, models, jobs, functions });
    this.stages.set(approval, { stage, authorizer });
    return stage;
  }
}

function checkData(data: string): Issue[] {
  if (existsSync(data)) return [];
  const fix = 'Put the raw data there, or name its directory: --data <directory>.';
  return [issue('data-missing', data, 'is not a directory that exists', fix)];
}
