import { alterOutputs, anotherVersion, spoilAnswer } from '../../rehearsal/faults';
import type { Fault } from '../../rehearsal/scenarios';
import type { Plan } from '../../pipeline';
import type { Authorizer } from './authorizer';
import { bucketGuard, type Call, ControlPlane } from './control-plane';
import { FakeExecutions } from './fake-executions';
import type { Guard } from './fake-s3';
import { failure } from './failure';
import { type Run, runMachine } from './interpreter';
import { roleOf, stepOf } from './job-parameters';
import { lostMachine } from './lost-machine';
import type { Measurement } from './metric-alarms';
import { describeProgramJob, programEventOf } from './program-jobs';
import type { FunctionWorld, RehearsedFunctions } from './rehearsed-functions';
import type { JobWorld, RehearsedJobs } from './rehearsed-jobs';
import { arn, executionArn } from './resolve-template';
import type { ServiceModels } from './service-models';
import type { RehearsedMachine, SynthesizedPipeline } from './synthesize';
import type { World } from './world';

export interface StageProps {
  readonly plan: Plan;
  readonly template: SynthesizedPipeline;
  readonly authorizer: Authorizer;
  readonly models: ServiceModels;
  readonly jobs: RehearsedJobs;
  readonly functions: RehearsedFunctions;
}

/** A run of a state machine, and what goes wrong in it. */
export interface Performance {
  readonly machine: RehearsedMachine;
  readonly name: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly fault: Fault;
  /** Makes another version than usual. @default false */
  readonly another?: boolean;
  /** Changes what the program of a step wrote. @default - as the fault would have it */
  readonly alter?: JobWorld['alter'];
}

export interface Performed {
  readonly run: Run;
  readonly calls: readonly Call[];
  /** What was put into CloudWatch. */
  readonly measurements: readonly Measurement[];
  /** Whether the endpoint is still locked. */
  readonly locked: boolean;
}

const NO_FAULT: Fault = { kind: 'none' };

/** Carries out the state machines and functions of one template, each in the name of its role. */
export class Stage {
  readonly template: SynthesizedPipeline;

  constructor(private readonly props: StageProps) {
    this.template = props.template;
  }

  /** Runs a state machine in a world, which changes by it. */
  async perform(world: World, performance: Performance): Promise<Performed> {
    const { fault, input, machine, name } = performance;
    this.useKey(machine);
    const executions = this.executions(world);
    const aws = this.connect(world, executions, performance);
    unsettle(fault, world, aws, machine);
    const run = await runMachine(machine.definition, aws.service(machine.role), {
      name,
      arn: executionArn(machine.name, name),
      input,
    });
    const { calls, lock, measurements } = aws;
    return { run, calls, measurements, locked: lock.item !== undefined };
  }

  /** Calls a function, which may start runs among `executions`. */
  invoke(
    functionArn: string,
    payload: Readonly<Record<string, unknown>>,
    world: World,
    executions: FakeExecutions,
  ): Promise<unknown> {
    const aws = this.connect(world, executions, { fault: NO_FAULT });
    const role = this.template.functionRoles.get(functionArn) ?? '';
    return this.props.functions.invoke(payload, this.functionWorld(role, world, executions, aws, NO_FAULT));
  }

  /** Judges accesses to buckets in the name of a role. */
  guard(role: string): Guard {
    return bucketGuard(role, { authorizer: this.props.authorizer, keys: this.template.keys });
  }

  /** Runs of the pipeline that are still to come. */
  executions({ s3 }: World): FakeExecutions {
    return new FakeExecutions(this.template.pipeline.name, () => s3.now);
  }

  /** Judges the start of a run: whoever starts it encrypts its input. */
  authorizeStart(role: string, machine: RehearsedMachine): void {
    const { authorizer } = this.props;
    authorizer.authorize(role, 'states:StartExecution', machine.arn);
    for (const action of ENCRYPTION) authorizer.authorize(role, action, machine.keyArn);
  }

  /** A state machine's data are encrypted in the name of its role, and as those of this machine alone. */
  private useKey({ keyArn, name, role }: RehearsedMachine): void {
    const context = {
      'kms:EncryptionContext:aws:states:stateMachineArn': arn('states', `stateMachine:${name}`),
    };
    for (const action of ENCRYPTION) this.props.authorizer.authorize(role, action, keyArn, context);
  }

  private connect(
    world: World,
    executions: FakeExecutions,
    performance: Pick<Performance, 'alter' | 'another' | 'fault'>,
  ): ControlPlane {
    const { authorizer, functions, jobs, models, plan } = this.props;
    const { another = false, fault } = performance;
    const alter =
      performance.alter ??
      ((step, outputs) => alterOutputs(fault, plan, step, another ? anotherVersion(outputs) : outputs));
    const tried = new Set<string>();
    const functionWorld = (role: string) => this.functionWorld(role, world, executions, aws, fault);
    const aws: ControlPlane = new ControlPlane({
      ...world,
      authorizer,
      keys: this.template.keys,
      models,
      runJob: (action, parameters) => {
        const step = stepOf(parameters);
        const lost = tried.has(step) ? undefined : lostMachine(fault, step);
        tried.add(step);
        if (lost) throw lost;
        const role = roleOf(parameters) ?? '';
        const event = programEventOf(parameters);
        return event
          ? describeProgramJob(parameters, functions.invoke({ ...event }, functionWorld(role)))
          : jobs.answer(action, parameters, { s3: world.s3, guard: aws.guard(role), alter });
      },
      invokeFunction: (functionArn, payload) =>
        functions.invoke(payload, functionWorld(this.template.functionRoles.get(functionArn) ?? '')),
      approve: () => {
        if (fault.kind !== 'approval') return true;
        throw fault.answer === 'expired'
          ? failure('States.Timeout', '')
          : failure('Rejected', 'not this one');
      },
    });
    return aws;
  }

  private functionWorld(
    role: string,
    { s3, sagemaker }: World,
    executions: FakeExecutions,
    aws: ControlPlane,
    fault: Fault,
  ): FunctionWorld {
    const { pipeline } = this.template;
    const { authorizer } = this.props;
    return {
      s3,
      guard: aws.guard(role),
      servedData: () => sagemaker.servedData(),
      queue: () => {
        const queue = sagemaker.queue();
        return queue && { ...queue, guard: aws.guard(queue.roleArn) };
      },
      guardEndpoint: (action, name) => {
        authorizer.authorize(role, `sagemaker:${action}`, arn('sagemaker', `endpoint/${name}`));
      },
      alterAnswer: (body) =>
        fault.kind === 'endpoint' && fault.how === 'answers-differ' ? spoilAnswer(body) : body,
      executions: executions.client((action) => {
        if (action === 'states:StartExecution') this.authorizeStart(role, pipeline);
        else authorizer.authorize(role, action, pipeline.arn);
      }),
    };
  }
}

const ENCRYPTION = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Brings about what the world has against a run. */
function unsettle(fault: Fault, { sagemaker }: World, aws: ControlPlane, { name }: RehearsedMachine): void {
  if (fault.kind === 'endpoint' && fault.how !== 'answers-differ') sagemaker.conduct = fault.how;
  if (fault.kind === 'endpoint-gone') sagemaker.clear();
  if (fault.kind === 'endpoint-gone' && !fault.comesBack) sagemaker.conduct = 'fails';
  if (fault.kind !== 'release-under-way') return;
  const other = executionArn(name, 'other');
  aws.lock.item = { owner: { S: other } };
  aws.executions.set(other, ['RUNNING', 'RUNNING', 'ABORTED']);
}
