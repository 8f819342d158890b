import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, type Size, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { compile, type PipelineDefinition, type Plan, servingRuntime } from '../pipeline';
import { ArtifactStore, type IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { durations } from './alarm-levels';
import { AlarmStrategy, atBothLevels } from './alarm-strategy';
import { DriftMonitor } from './drift-monitor';
import type { EndpointAlarms } from './endpoint-alarms';
import { createStateMachine } from './create-state-machine';
import { FeedbackLoop } from './feedback-loop';
import { JobCode } from './job-code';
import { mergeGrants } from './merge-grants';
import { type IModelRegistry, ModelRegistry } from './model-registry';
import type { NetworkProps } from './network';
import { NotificationTopic } from './notification-topic';
import { ModelAge } from './model-age';
import { PipelineAlarms } from './pipeline-alarms';
import { checkPipeline } from './pipeline-checks';
import { PipelineDashboard } from './pipeline-dashboard';
import { PipelineEndpoint } from './pipeline-endpoint';
import { pickMachines, type PipelineMachines } from './pipeline-machines';
import { PipelineSteps } from './pipeline-steps';
import { stepsAsJobs, tellOfJobs } from './program-placement';
import { declaredSize } from './program-size';
import { constructName } from './resource-name';
import { RollbackMachine } from './rollback-machine';
import type { RequestQueueOptions } from './request-queue';
import { createServiceKey } from './service-key';
import { servingImage, warnOfIdleGpu } from './serving-image';
import { Locations } from './workflow/locate';
import { placeholders } from './workflow/place-states';
import { renderStateMachine, type WorkflowBindings } from './workflow/state-machine';

export interface ModelPipelineProps {
  readonly definition: PipelineDefinition;
  /** One store belongs to one pipeline. @default - a new one */
  readonly store?: IArtifactStore;
  /**
   * Serves the endpoint.
   * @default - Triton as AWS publishes it for the runtime `triton`, AWS' Large Model Inference container for
   *   language models; the runtime `onnx` has no default
   */
  readonly image?: ContainerImage;
  /**
   * Runs the jobs: `python3` 3.11 or later, with the framework.
   * @default - AWS' Deep Learning Container for the framework
   */
  readonly jobImage?: ContainerImage;
  /**
   * Directory of Python wheels that jobs install from. With it, jobs run without a network.
   * @default - jobs install pinned versions from the package index when they start
   */
  readonly wheelhouse?: string;
  /** At most 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly endpointName?: string;
  /** Of an asynchronous endpoint. @default - nobody hears of answers */
  readonly queue?: RequestQueueOptions;
  /** VPC of the jobs and the endpoint. @default - networks of SageMaker's */
  readonly network?: NetworkProps;
  /**
   * The most the model's ONNX file may have, with the weights beside it, or the files of a language model.
   * Memory and disk of what converts, verifies and registers it follow from it: functions, or jobs where it is
   * too large for functions.
   * @default - `signature.weightsGiB` of a language model, 400 MiB for other models
   */
  readonly modelSize?: Size;
  /**
   * Runs the artifact programs of a model that is too large for functions: this library's server, as
   * `containers/serving` builds it.
   * @default - `image` for the runtime `onnx`; the others have no default
   */
  readonly programImage?: ContainerImage;
  /** Lists the versions. @default - a new one */
  readonly registry?: IModelRegistry;
  /**
   * Signs every version: an asymmetric key of curve P-256, P-384 or P-521 for `SIGN_VERIFY`.
   * @default - versions are not signed
   */
  readonly signingKey?: IKey;
}

/**
 * A definition's whole path to production as a state machine, with all it needs: store, jobs, gates,
 * verification, registry, approval, an endpoint that it releases to, alarms and a dashboard.
 *
 * ```ts
 * new ModelPipeline(this, 'SpamFilter', {
 *   definition: spamFilter,
 *   image: ContainerImage.fromEcrRepository(server, '1.0.0'),
 * });
 * ```
 *
 * The endpoint belongs to the release workflow, which makes it with the first version; the template
 * never names its model.
 */
export class ModelPipeline extends Construct {
  readonly plan: Plan;
  readonly store: IArtifactStore;
  readonly registry: IModelRegistry;
  readonly endpointName: string;
  readonly stateMachine: StateMachine;
  /** Moves the endpoint back to a version that has been live: `npx model-pipeline rollback`. */
  readonly rollback: RollbackMachine;
  /** Hears of alarms and of runs that failed. */
  readonly notifications: NotificationTopic;
  /** Asks for approval; absent where approval is automatic. */
  readonly approvals?: NotificationTopic;
  /** On the endpoint. */
  readonly alarms: EndpointAlarms;
  /** On runs, functions and jobs that fail, and on the model's age. */
  readonly pipelineAlarms: PipelineAlarms;
  readonly dashboard: PipelineDashboard;
  /** Absent where the definition has no `monitoring.drift`. */
  readonly drift?: DriftMonitor;
  /** Absent where the definition has no `monitoring.feedback`. */
  readonly feedback?: FeedbackLoop;
  /** Encrypts logs, messages and the runs' data. */
  readonly encryptionKey: Key;

  constructor(scope: Construct, id: string, given: ModelPipelineProps) {
    super(scope, id);
    const { definition } = given;
    const props = { ...given, modelSize: given.modelSize ?? declaredSize(definition) };
    this.plan = compile(definition);
    const machines = pickMachines(definition, this.plan);
    const programJobs = stepsAsJobs(this.plan, props.modelSize);
    const machine = checkPipeline({ ...props, machines, programJobs });
    const runtime = servingRuntime(definition);
    const image = servingImage(runtime, props.image);
    warnOfIdleGpu(this, runtime, machine);
    tellOfJobs(this, programJobs, props.modelSize);

    this.endpointName = props.endpointName ?? constructName(this);
    this.encryptionKey = createServiceKey(this, 'Key');
    this.store = props.store ?? new ArtifactStore(this, 'Store');
    this.registry =
      props.registry ??
      new ModelRegistry(this, 'Registry', { description: `Versions of the pipeline ${definition.name}` });
    this.notifications = this.createTopic('Notifications', definition.monitoring.notify ?? []);
    this.approvals = this.createApprovals(definition);
    const locations = new Locations(this.plan, this.store);
    const code = this.createCode(props);
    const steps = this.createSteps(props, code, locations, machines, programJobs);
    const endpoint = this.createEndpoint(props, image, machine);
    this.alarms = endpoint.alarms;
    this.stateMachine = this.createStateMachine({
      locations,
      tasks: steps.tasks,
      fallbacks: steps.fallbacks,
      programJobs,
      register: {
        groupName: this.registry.groupName,
        imageUri: endpoint.imageUri,
        isLanguageModel: runtime === 'vllm',
        codeDigest: code.asset.assetHash,
      },
      release: endpoint.release,
      failureTopicArn: this.notifications.topic.topicArn,
      approvalTopicArn: this.approvals?.topic.topicArn,
    });
    this.rollback = this.createRollback(endpoint);
    this.grantRun(steps, endpoint);
    const functions = Object.fromEntries(steps.functions.map((step) => [step.node.id, step.function]));
    const modelAge = this.createModelAge(definition);
    this.drift = this.createDriftMonitor(props);
    this.feedback = this.createFeedbackLoop(definition);
    this.pipelineAlarms = this.createPipelineAlarms(definition, functions, modelAge);
    this.dashboard = new PipelineDashboard(this, 'Dashboard', {
      pipeline: definition.name,
      stateMachine: this.stateMachine,
      functions,
      endpoint: endpoint.reference,
      alarms: [...this.alarms.alarms, ...this.pipelineAlarms.alarms, ...(this.drift?.alarms ?? [])],
      modelAge: modelAge?.metricDays(),
    });
  }

  /** Allows answering the question for approval. */
  grantApprove(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
      resourceArns: [this.stateMachine.stateMachineArn],
    }).combine(
      Grant.addToPrincipal({
        grantee,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resourceArns: [this.encryptionKey.keyArn],
      }),
    );
  }

  private createCode({ definition, wheelhouse }: ModelPipelineProps): JobCode {
    const { source, training } = definition;
    return new JobCode(this, 'Code', { plan: this.plan, source, data: training.data, wheelhouse });
  }

  private createSteps(
    props: ModelPipelineProps,
    code: JobCode,
    locations: Locations,
    machines: PipelineMachines,
    programJobs: ReadonlySet<string>,
  ): PipelineSteps {
    const { image, jobImage, modelSize, network, signingKey } = props;
    return new PipelineSteps(this, 'Steps', {
      plan: this.plan,
      locations,
      store: this.store,
      code,
      machines: machines.jobs,
      jobImage,
      network,
      modelSize,
      programJobs,
      programImage: props.programImage ?? image,
      logEncryptionKey: this.encryptionKey,
      signingKey,
    });
  }

  private createEndpoint(
    { definition, network, queue }: ModelPipelineProps,
    image: ContainerImage,
    machine: AwsMachine,
  ): PipelineEndpoint {
    return new PipelineEndpoint(this, 'Endpoint', {
      definition,
      endpointName: this.endpointName,
      machine,
      image,
      store: this.store,
      alarmTopic: this.notifications.topic,
      network,
      logEncryptionKey: this.encryptionKey,
      queue,
    });
  }

  private grantRun(steps: PipelineSteps, endpoint: PipelineEndpoint): void {
    const run = mergeGrants(this.stateMachine);
    const rollback = mergeGrants(this.rollback.stateMachine);
    steps.grantRun(run);
    this.grantPlace(run);
    this.registry.grantRegister(run);
    this.registry.grantApprove(run);
    this.approvals?.grantPublish(run);
    this.registry.grantRead(rollback);
    endpoint.grantGuardedRelease(run);
    endpoint.grantRelease(rollback);
    for (const machine of [run, rollback]) {
      this.notifications.grantPublish(machine);
      this.grantSeeRuns(machine);
    }
  }

  /** Objects in directories that may be empty are put by the run itself. */
  private grantPlace(grantee: IGrantable): void {
    for (const key of placeholders(this.plan)) {
      const resourceArns = [this.store.bucket.arnForObjects(key)];
      Grant.addToPrincipal({ grantee, actions: ['s3:PutObject'], resourceArns });
    }
  }

  /** Who finds the lock of the endpoint taken asks whether the run that took it is still there. */
  private grantSeeRuns(grantee: IGrantable): void {
    const resourceArns = [this.machineName(), this.machineName('-rollback')].map((name) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${name}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    Grant.addToPrincipal({ grantee, actions: ['states:DescribeExecution'], resourceArns });
  }

  private machineName(suffix = ''): string {
    return `${constructName(this)}${suffix}`;
  }

  private createRollback(endpoint: PipelineEndpoint): RollbackMachine {
    return new RollbackMachine(this, 'Rollback', {
      stateMachineName: this.machineName('-rollback'),
      pipeline: this.plan.pipeline,
      release: endpoint.release,
      notifications: this.notifications,
      encryptionKey: this.encryptionKey,
    });
  }

  private createModelAge({ monitoring, name }: PipelineDefinition): ModelAge | undefined {
    if (monitoring.modelAgeDays === undefined) return undefined;
    const { encryptionKey, store } = this;
    return new ModelAge(this, 'ModelAge', { pipeline: name, store, encryptionKey });
  }

  private createDriftMonitor(props: ModelPipelineProps): DriftMonitor | undefined {
    const { definition, jobImage, network, wheelhouse } = props;
    if (definition.monitoring.drift === undefined) return undefined;
    return new DriftMonitor(this, 'Drift', {
      definition,
      store: this.store,
      endpointName: this.endpointName,
      actions: atBothLevels(AlarmStrategy.notify(this.notifications.topic)),
      encryptionKey: this.encryptionKey,
      image: jobImage,
      wheelhouse,
      network,
    });
  }

  private createFeedbackLoop({ monitoring, name }: PipelineDefinition): FeedbackLoop | undefined {
    if (monitoring.feedback === undefined) return undefined;
    const { encryptionKey, stateMachine, store } = this;
    return new FeedbackLoop(this, 'Feedback', {
      pipeline: name,
      store,
      stateMachine,
      retrainAfterSamples: monitoring.feedback.retrainAfterSamples,
      encryptionKey,
    });
  }

  private createPipelineAlarms(
    { monitoring, name }: PipelineDefinition,
    functions: Readonly<Record<string, IFunction>>,
    modelAge: ModelAge | undefined,
  ): PipelineAlarms {
    const levels = durations('days', monitoring.modelAgeDays);
    return new PipelineAlarms(this, 'PipelineAlarms', {
      pipeline: name,
      stateMachines: {
        Runs: this.stateMachine,
        Rollbacks: this.rollback.stateMachine,
        ...(this.drift && { DriftChecks: this.drift.stateMachine }),
      },
      functions: { ...functions, ...(this.feedback && { Feedback: this.feedback.function }) },
      modelAge: modelAge && levels && { metric: modelAge.metricDays(), levels },
      actions: atBothLevels(AlarmStrategy.notify(this.notifications.topic)),
    });
  }

  private createTopic(id: string, recipients: readonly string[]): NotificationTopic {
    return new NotificationTopic(this, id, { encryptionKey: this.encryptionKey, recipients });
  }

  private createApprovals({ deployment }: PipelineDefinition): NotificationTopic | undefined {
    const { approval = 'automatic' } = deployment;
    return approval === 'automatic' ? undefined : this.createTopic('Approvals', approval.approvers);
  }

  private createStateMachine(bindings: WorkflowBindings): StateMachine {
    return createStateMachine(this, {
      name: this.machineName(),
      description: `Runs the pipeline ${this.plan.pipeline}`,
      definition: renderStateMachine(this.plan, bindings),
      encryptionKey: this.encryptionKey,
    });
  }
}
