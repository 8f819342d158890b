import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, type Issue, throwIssues } from '../../issue';
import { compile, type PipelineDefinition, type Plan } from '../../pipeline';
import { expectedRollbackSteps, expectedSteps, type Scenario, scenariosOf } from '../../rehearsal/scenarios';
import { LIVE_KEY } from '../workflow/live-states';
import { Authorizer } from './authorizer';
import { type Call, ControlPlane } from './control-plane';
import { FakeS3 } from './fake-s3';
import { FakeSageMaker } from './fake-sagemaker';
import { alterOutputs, dropSample, shiftNumbers } from '../../rehearsal/faults';
import { lostMachine } from './lost-machine';
import { failure, type Run, runMachine } from './interpreter';
import { ProgramCache } from '../../rehearsal/program-cache';
import { describeProgramJob, programEventOf } from './program-jobs';
import { type FunctionWorld, RehearsedFunctions } from './rehearsed-functions';
import { type ProgramRunner, RehearsedJobs, stepArgument } from './rehearsed-jobs';
import { arn } from './resolve-template';
import { ServiceModels } from './service-models';
import { type SynthesizedPipeline, synthesizePipeline } from './synthesize';

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
  readonly scenario: Scenario;
  /** States that were entered. */
  readonly path: readonly string[];
  readonly steps: readonly string[];
  readonly failure?: { readonly name: string; readonly cause: string };
  readonly calls: readonly Call[];
  /** Where it did not go as expected; empty where it did. */
  readonly problems: readonly string[];
}

/** The account at one moment. */
interface World {
  readonly s3: FakeS3;
  readonly sagemaker: FakeSageMaker;
  /** The version that is live. */
  readonly live?: string;
  /** The version that was live before. */
  readonly before?: string;
}

/** Nothing; a version; another version over it: what scenarios begin with. */
interface Worlds {
  readonly empty: World;
  readonly before: World;
  readonly after: World;
}

const USUAL: Scenario = {
  name: 'the version before',
  fault: { kind: 'none' },
  runs: 'pipeline',
  approval: 'automatic',
  liveBefore: false,
  live: 'new',
};

const MANUAL = { approvers: ['approver@example.com'] };

/**
 * Runs the state machines of a definition's template on this machine, in scenario after scenario: jobs by
 * the stage programs, functions by their own code, all other calls by stand-ins that hold them to the SDK's
 * models and to the policies of the template.
 */
export class Rehearsal {
  /** Packages without which calls of a service could not be checked. */
  readonly unchecked: ReadonlySet<string>;
  readonly scenarios: readonly Scenario[];
  private readonly plan: Plan;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  private readonly cache = new ProgramCache(join(this.directory, 'programs'));
  private readonly functions = new RehearsedFunctions(join(this.directory, 'versions'), this.cache);
  private readonly models = new ServiceModels();
  private readonly jobs: RehearsedJobs;
  private readonly variants = new Map<
    Scenario['approval'],
    { template: SynthesizedPipeline; authorizer: Authorizer }
  >();
  private readonly used = new Set<string>();
  private runs = 1;
  private worlds: Promise<Worlds> | undefined;

  constructor(
    private readonly definition: PipelineDefinition,
    private readonly options: RehearsalOptions,
  ) {
    throwIssues('rehearsal', checkData(options.data));
    this.plan = compile(definition);
    this.scenarios = scenariosOf(this.plan);
    this.unchecked = this.models.unchecked;
    this.jobs = new RehearsedJobs({
      plan: this.plan,
      source: definition.source,
      directory: this.directory,
      cache: this.cache,
      run: options.runProgram,
    });
  }

  /** Runs one scenario from its beginning. */
  async run(scenario: Scenario): Promise<ScenarioResult> {
    const { empty, before, after } = await (this.worlds ??= this.prepare());
    const start = scenario.runs === 'rollback' ? after : scenario.liveBefore ? before : empty;
    const { run, world, calls, locked } = await this.perform(scenario, start);
    return {
      scenario,
      path: run.path,
      steps: run.steps,
      failure: run.failure,
      calls,
      problems: [
        ...this.judge(scenario, run, world, {
          new: after.live,
          before: before.live,
          none: undefined,
          other: otherThan(before.live, world.live),
        }),
        ...(locked ? ['the lock of the endpoint was not given back'] : []),
      ],
    };
  }

  /** What roles are allowed and no scenario took so far: `<role> <action>`. AWS' own share is not counted. */
  unusedPermissions(): string[] {
    return [...new Set([...this.variants.values()].flatMap(({ authorizer }) => authorizer.unused()))];
  }

  async close(): Promise<void> {
    await this.functions.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async prepare(): Promise<Worlds> {
    const s3 = new FakeS3();
    const { bucket } = this.variant('automatic').template;
    s3.putDirectory(this.options.data, bucket, `datasets/${this.plan.pipeline}/`);
    const empty: World = { s3, sagemaker: new FakeSageMaker() };
    const before = await this.release(empty, true);
    return { empty, before, after: await this.release(before, false) };
  }

  private async release(world: World, another: boolean): Promise<World> {
    const { run, world: released } = await this.perform(USUAL, world, another);
    if (run.failure) throw new Error(`a run without faults failed: ${run.failure.cause}`);
    return released;
  }

  private async perform(scenario: Scenario, from: World, another = false) {
    const { fault, runs } = scenario;
    const { template, authorizer } = this.variant(scenario.approval);
    const machine = runs === 'rollback' ? template.rollback : template.pipeline;
    const s3 = new FakeS3(from.s3);
    const sagemaker = new FakeSageMaker(from.sagemaker);
    if (fault.kind === 'endpoint' && fault.how !== 'answers-differ') sagemaker.conduct = fault.how;
    const tried = new Set<string>();
    const worldOf = (role: string): FunctionWorld => ({
      s3,
      guard: aws.guard(role),
      servedArchive: () => sagemaker.servedArchive(),
      guardEndpoint: (name) => {
        authorizer.authorize(role, 'sagemaker:InvokeEndpoint', arn('sagemaker', `endpoint/${name}`));
      },
      alterAnswer: (body) =>
        fault.kind === 'endpoint' && fault.how === 'answers-differ' ? shiftNumbers(body) : body,
    });
    const aws: ControlPlane = new ControlPlane({
      s3,
      sagemaker,
      authorizer,
      keys: template.keys,
      models: this.models,
      runJob: (action, parameters) => {
        const step = stepArgument(parameters);
        const lost = tried.has(step) ? undefined : lostMachine(fault, step);
        tried.add(step);
        if (lost) throw lost;
        const event = programEventOf(parameters);
        if (event) {
          const world = worldOf(parameters.RoleArn as string);
          return describeProgramJob(parameters, this.functions.invoke({ ...event }, world));
        }
        return this.jobs.answer(
          action,
          parameters,
          s3,
          aws.guard(parameters.RoleArn as string),
          ({ id }, outputs) => alterOutputs(fault, this.plan, id, another ? dropSample(outputs) : outputs),
        );
      },
      invokeFunction: (functionArn, payload) => {
        const role = template.functionRoles.get(functionArn) ?? '';
        return this.functions.invoke(payload, worldOf(role));
      },
      approve: () => {
        if (fault.kind !== 'approval') return true;
        throw fault.answer === 'expired'
          ? failure('States.Timeout', '')
          : failure('Rejected', 'not this one');
      },
    });
    if (fault.kind === 'endpoint-gone') sagemaker.clear();
    if (fault.kind === 'endpoint-gone' && !fault.comesBack) sagemaker.conduct = 'fails';
    if (fault.kind === 'release-under-way') {
      const other = arn('states', `execution:${machine.name}:other`);
      aws.lock.item = { owner: { S: other } };
      aws.executions.set(other, ['RUNNING', 'RUNNING', 'ABORTED']);
    }
    const name = `${runs}-${this.runs++}`;
    const run = await runMachine(machine.definition, aws.service(machine.role), {
      name,
      arn: arn('states', `execution:${machine.name}:${name}`),
      input:
        scenario.to === undefined
          ? {}
          : { version: scenario.to === 'before' ? (from.before ?? '') : scenario.to },
    });
    const world: World = { s3, sagemaker, live: liveVersion(s3, template.bucket), before: from.live };
    return { run, world, calls: aws.calls, locked: aws.lock.item !== undefined };
  }

  private variant(approval: Scenario['approval']): { template: SynthesizedPipeline; authorizer: Authorizer } {
    const known = this.variants.get(approval);
    if (known) return known;
    const deployment = { ...this.definition.deployment, approval: approval === 'manual' ? MANUAL : approval };
    const template = synthesizePipeline({ ...this.definition, deployment }, this.options.modelMebibytes);
    const variant = { template, authorizer: new Authorizer(template.permissions, this.used) };
    this.variants.set(approval, variant);
    return variant;
  }

  private judge(
    scenario: Scenario,
    run: Run,
    { sagemaker, live }: World,
    versions: Readonly<Record<Scenario['live'], string | undefined>>,
  ): string[] {
    const problems: string[] = [];
    const expect = (what: string, actual: unknown, wanted: unknown) => {
      if (JSON.stringify(actual) === JSON.stringify(wanted)) return;
      problems.push(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(wanted)}`);
    };
    expect(
      'outcome',
      run.failure ? 'failed' : 'succeeded',
      scenario.failsAt === undefined ? 'succeeded' : 'failed',
    );
    expect(
      'steps',
      run.steps.filter((step) => !TERMINAL.includes(step)),
      this.expectedSteps(scenario),
    );
    expect('live version', scenario.live === 'none' ? undefined : live, versions[scenario.live]);
    expect('version that the endpoint serves', versionOf(sagemaker.servedArchive()), versions[scenario.live]);
    const said = `${run.failure?.name ?? ''} ${run.failure?.cause ?? ''}`;
    if (scenario.cause !== undefined && !said.includes(scenario.cause)) expect('cause', said, scenario.cause);
    return problems;
  }

  private expectedSteps({ runs, failsAt }: Scenario): string[] {
    return runs === 'rollback' ? expectedRollbackSteps(failsAt) : expectedSteps(this.plan, failsAt);
  }
}

/** States that end a run and are no steps. */
const TERMINAL = ['Done', 'Failed'];

/** The version that is live, unless it is the one before. */
function otherThan(before: string | undefined, live: string | undefined): string | undefined {
  return live === before ? 'another version' : live;
}

function liveVersion(s3: FakeS3, bucket: string): string | undefined {
  const live = s3.get(bucket, LIVE_KEY);
  return live && (JSON.parse(live.toString()) as { version: string }).version;
}

/** `s3://store/models/<version>/model.tar.gz`. */
function versionOf(archiveUri: string | undefined): string | undefined {
  return archiveUri?.split('/').at(-2);
}

function checkData(data: string): Issue[] {
  if (existsSync(data)) return [];
  const fix = 'Put the raw data there, or name its directory: --data <directory>.';
  return [issue('data-missing', data, 'is not a directory that exists', fix)];
}
