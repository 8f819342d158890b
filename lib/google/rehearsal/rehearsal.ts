import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VerifiedArtifact, VerifiedLanguageModel } from '../../artifact';
import { issue, throwIssues } from '../../issue';
import { compile, type PipelineDefinition, type Plan, servingRuntime } from '../../pipeline';
import { alterOutputs, anotherVersion, spoilAnswer } from '../../rehearsal/faults';
import { ProgramCache } from '../../rehearsal/program-cache';
import { type Scenario, scenariosOf } from '../../rehearsal/scenarios';
import { LOCKS } from '../workflow/lock-states';
import { type Call, Connectors, type StartedJob } from './connectors';
import { readWords } from './container-words';
import type { FakeStore } from './fake-store';
import { execute } from './interpreter';
import { type Failure, failureOf, judge, stepsOf } from './judge';
import { Authorizer } from './policies';
import { type ProgramRunner, RehearsedJobs } from './rehearsed-jobs';
import { pathOf, type ProgramWorld, RehearsedPrograms, versionPath } from './rehearsed-programs';
import { RequestTypes } from './request-check';
import { PROJECT, type SynthesizedPipeline, synthesizePipeline } from './synthesize';
import {
  emptyWorld,
  endpointOf,
  liveVersion,
  lockByAnother,
  servedVersion,
  type World,
  worldWith,
} from './world';

export interface RehearsalOptions {
  /** Directory of the raw data. */
  readonly data: string;
  /** Carries out the stage programs. */
  readonly runProgram: ProgramRunner;
}

/** How a scenario went. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  /** Steps of the workflow that were entered, helper steps among them. */
  readonly path: readonly string[];
  /** Steps of the plan. */
  readonly steps: readonly string[];
  readonly failure?: Failure;
  readonly calls: readonly Call[];
  /** Where it did not go as expected; empty where it did. */
  readonly problems: readonly string[];
}

/** A project, with the version that was live before the one that is. */
interface Start extends World {
  readonly before?: string;
}

/** Nothing; a version; another version over it: what scenarios begin with. */
interface Starts {
  readonly empty: Start;
  readonly before: Start;
  readonly after: Start;
}

/** A scenario, or the endpoint being emptied. */
type Performed = Pick<Scenario, 'approval' | 'fault' | 'to'> & {
  readonly runs: Scenario['runs'] | 'teardown';
};

const USUAL: Performed = { fault: { kind: 'none' }, runs: 'pipeline', approval: 'automatic' };

const TEARDOWN: Performed = {
  fault: { kind: 'release-under-way' },
  runs: 'teardown',
  approval: 'automatic',
};

const MANUAL = { approvers: ['approver@example.com'] };

/**
 * Runs the workflows of a definition's stack on this machine, in scenario after scenario: jobs by the stage
 * programs and this library's own, all other calls by stand-ins that hold them to Google's definitions of
 * its messages and to the memberships of the stack.
 */
export class Rehearsal {
  readonly scenarios: readonly Scenario[];
  private readonly plan: Plan;
  private readonly directory = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  private readonly jobs: RehearsedJobs;
  private readonly programs: RehearsedPrograms;
  private readonly types = {
    aiplatform: RequestTypes.of('@google-cloud/aiplatform'),
    run: RequestTypes.of('@google-cloud/run'),
  };
  private readonly variants = new Map<Scenario['approval'], SynthesizedPipeline>();
  private readonly used = new Set<string>();
  private runs = 1;
  private starts: Promise<Starts> | undefined;

  constructor(
    private readonly definition: PipelineDefinition,
    private readonly options: RehearsalOptions,
  ) {
    checkData(options.data);
    this.plan = compile(definition);
    this.scenarios = scenariosOf(this.plan);
    const cache = new ProgramCache(join(this.directory, 'cache'));
    const directory = join(this.directory, 'work');
    mkdirSync(directory);
    this.programs = new RehearsedPrograms(directory, cache);
    this.jobs = new RehearsedJobs({
      plan: this.plan,
      source: definition.source,
      directory,
      cache,
      run: options.runProgram,
    });
  }

  /** Runs one scenario from its beginning. */
  async run(scenario: Scenario): Promise<ScenarioResult> {
    const { empty, before, after } = await (this.starts ??= this.prepare());
    const start = scenario.runs === 'rollback' ? after : scenario.liveBefore ? before : empty;
    const { connectors, denied, execution, failure, world } = await this.perform(scenario, start);
    const steps = stepsOf(this.plan, scenario, execution);
    const live = liveVersion(world);
    const outcome = { steps, failure, live, served: servedVersion(world) };
    const earlier = liveVersion(before);
    const versions = {
      new: liveVersion(after),
      before: earlier,
      other: live === earlier ? 'another version' : live,
    };
    return {
      scenario,
      path: execution.path,
      steps,
      failure,
      calls: connectors.calls,
      problems: [
        ...judge(this.plan, scenario, outcome, versions),
        ...denied,
        ...world.store.list(LOCKS).map((lock) => `the lock of the endpoint was not given back: ${lock}`),
      ],
    };
  }

  /** Takes everything off the endpoint while a release is under way: what is wrong about it. */
  async tearDown(): Promise<readonly string[]> {
    const { after } = await (this.starts ??= this.prepare());
    const { denied, failure, world } = await this.perform(TEARDOWN, after);
    const left = [endpointOf(world).holding(), liveVersion(world), ...world.store.list(LOCKS)];
    return [
      ...(failure ? [failure.cause] : []),
      ...denied,
      ...left.flatMap((each) => (each === undefined ? [] : [`${each} is left`])),
    ];
  }

  /** Memberships that no scenario took so far: `<id>: <member> <role>`; not what a rehearsal does not see. */
  unusedGrants(): string[] {
    return [...new Set([...this.variants.values()].flatMap((stack) => this.authorizer(stack).unused()))];
  }

  async close(): Promise<void> {
    await this.programs.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async prepare(): Promise<Starts> {
    const empty = emptyWorld(this.variant('automatic'));
    empty.store.putDirectory(this.options.data, `datasets/${this.plan.pipeline}/`);
    const before = await this.release(empty, true);
    return { empty, before, after: await this.release(before, false) };
  }

  private async release(from: Start, another: boolean): Promise<Start> {
    const { denied, failure, world } = await this.perform(USUAL, from, another);
    if (failure) throw new Error(`a run without faults failed: ${[failure.cause, ...denied].join('; ')}`);
    return { ...world, before: liveVersion(from) };
  }

  /** @param another whether the version that is made is another one than usual */
  private async perform(scenario: Performed, from: Start, another = false) {
    const { fault, runs, to } = scenario;
    const stack = this.variant(scenario.approval);
    const workflow = stack[runs];
    const authorizer = this.authorizer(stack);
    const world = worldWith(fault, stack, from);
    const connectors = this.connect(scenario, world, authorizer, another);
    if (fault.kind === 'release-under-way') {
      connectors.executions.set(lockByAnother(world, stack, workflow), ['ACTIVE', 'ACTIVE', 'FAILED']);
    }
    const execution = await execute(workflow.source, {
      argument: to === undefined ? {} : { version: to === 'before' ? (from.before ?? '') : to },
      environment: {
        GOOGLE_CLOUD_LOCATION: PROJECT.region,
        GOOGLE_CLOUD_PROJECT_ID: PROJECT.id,
        GOOGLE_CLOUD_PROJECT_NUMBER: PROJECT.number,
        GOOGLE_CLOUD_WORKFLOW_ID: workflow.name,
        GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID: `${runs}-${this.runs++}`,
      },
      call: (name, args, step) => connectors.call(name, args, step),
    });
    const failure = failureOf(execution, connectors.log);
    return { connectors, denied: authorizer.denied, execution, failure, world };
  }

  private connect(
    { approval, fault, runs }: Performed,
    world: World,
    authorizer: Authorizer,
    another: boolean,
  ): Connectors {
    const stack = this.variant(approval);
    const { store } = world;
    const endpoint = endpointOf(world);
    const tried = new Set<string>();
    const jobWorld = ({ account }: StartedJob) => ({
      store,
      guard: connectors.guardOf(account),
      alter: (step: string, outputs: Readonly<Record<string, string>>) =>
        alterOutputs(fault, this.plan, step, another ? anotherVersion(outputs) : outputs),
    });
    const programWorld = ({ account }: StartedJob): ProgramWorld => ({
      store,
      guard: connectors.guardOf(account),
      answering: (url) => {
        const { permission, target, uri } = endpoint.answering(url);
        connectors.guardOf(account)(permission, target);
        return uri;
      },
      alterAnswer: (body) =>
        fault.kind === 'endpoint' && fault.how === 'answers-differ' ? spoilAnswer(body) : body,
    });
    const connectors: Connectors = new Connectors({
      ...world,
      authorizer,
      account: stack[runs].account,
      projectName: `projects/${PROJECT.id}`,
      cloudRunJobs: stack.cloudRunJobs,
      types: this.types,
      runJob: (job) =>
        job.words[0] === 'python3'
          ? this.jobs.run(job.words, jobWorld(job))
          : this.programs.run(job.words, programWorld(job)),
      runTrials: (job) => this.jobs.tune(job.words, jobWorld(job)),
      loses: ({ words }) => {
        if (fault.kind !== 'machine-taken' && fault.kind !== 'no-capacity') return undefined;
        const { step = '' } = readWords(words);
        if (step !== fault.step || tried.has(step)) return undefined;
        tried.add(step);
        return fault.kind;
      },
      load: (account) => {
        const uri = endpoint.deployedUri() ?? '';
        store.fetch(this.verified(uri, store), pathOf(uri, store), connectors.guardOf(account));
      },
      answer: () => {
        if (fault.kind !== 'approval') return { decision: 'approve' };
        return fault.answer === 'expired' ? undefined : { decision: 'reject' };
      },
    });
    return connectors;
  }

  /**
   * @returns a directory with the version
   * @throws IssueError where its report is not one of a passing verification of these very bytes
   */
  private verified(uri: string, store: FakeStore): string {
    const directory = mkdtempSync(join(this.directory, 'deployed-'));
    store.copyTo(directory, versionPath(uri, store));
    if (servingRuntime(this.definition) === 'vllm') VerifiedLanguageModel.fromDirectory(directory);
    else VerifiedArtifact.fromDirectory(directory);
    return directory;
  }

  private authorizer({ grants }: SynthesizedPipeline): Authorizer {
    return new Authorizer(grants, this.used);
  }

  private variant(approval: Scenario['approval']): SynthesizedPipeline {
    const known = this.variants.get(approval);
    if (known) return known;
    const deployment = { ...this.definition.deployment, approval: approval === 'manual' ? MANUAL : approval };
    const variant = synthesizePipeline({ ...this.definition, deployment });
    this.variants.set(approval, variant);
    return variant;
  }
}

function checkData(data: string): void {
  if (existsSync(data)) return;
  const fix = 'Put the raw data there, or name its directory: --data <directory>.';
  throwIssues('rehearsal', [issue('data-missing', data, 'is not a directory that exists', fix)]);
}
