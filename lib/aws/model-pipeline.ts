import { Grant, type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Aws, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { throwIssues } from '../issue';
import { compile, type PipelineDefinition, type Plan, unsupportedFields } from '../pipeline';
import { ArtifactStore, type IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { checkAlarms, type EndpointAlarms } from './endpoint-alarms';
import { checkRollout, resolveRollout } from './guardrails';
import { JobCode } from './job-code';
import { ModelRegistry } from './model-registry';
import type { NetworkProps } from './network';
import { NotificationTopic } from './notification-topic';
import { PipelineDashboard } from './pipeline-dashboard';
import { PipelineEndpoint } from './pipeline-endpoint';
import { pickMachines, type PipelineMachines } from './pipeline-machines';
import { PipelineSteps } from './pipeline-steps';
import { checkName, constructName } from './resource-name';
import { createServiceKey } from './service-key';
import { servingImage, warnOfIdleGpu } from './serving-image';
import { UNSUPPORTED } from './support';
import { Locations } from './workflow/locate';
import { renderStateMachine, type WorkflowBindings } from './workflow/state-machine';

export interface ModelPipelineProps {
  readonly definition: PipelineDefinition;
  /** One store belongs to one pipeline. @default - a new one */
  readonly store?: IArtifactStore;
  /**
   * Serves the endpoint.
   * @default - Triton as AWS publishes it for the runtime `triton`; the runtime `onnx` has no default
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
  /** VPC of the jobs and the endpoint. @default - networks of SageMaker's */
  readonly network?: NetworkProps;
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
  readonly registry: ModelRegistry;
  readonly endpointName: string;
  readonly stateMachine: StateMachine;
  /** Hears of alarms and of runs that failed. */
  readonly notifications: NotificationTopic;
  /** Asks for approval; absent where approval is automatic. */
  readonly approvals?: NotificationTopic;
  readonly alarms: EndpointAlarms;
  readonly dashboard: PipelineDashboard;
  /** Encrypts logs, messages and the runs' data. */
  readonly encryptionKey: Key;

  constructor(scope: Construct, id: string, props: ModelPipelineProps) {
    super(scope, id);
    const { definition } = props;
    this.plan = compile(definition);
    const machines = pickMachines(definition, this.plan);
    const machine = this.check(props, machines);
    const { runtime = 'onnx' } = definition.deployment.endpoint;
    const image = servingImage(runtime, props.image);
    warnOfIdleGpu(this, runtime, machine);

    this.endpointName = props.endpointName ?? constructName(this);
    this.encryptionKey = createServiceKey(this, 'Key');
    this.store = props.store ?? new ArtifactStore(this, 'Store');
    this.registry = new ModelRegistry(this, 'Registry', {
      description: `Versions of the pipeline ${definition.name}`,
    });
    this.notifications = this.createTopic('Notifications', definition.monitoring.notify ?? []);
    this.approvals = this.createApprovals(definition);
    const locations = new Locations(this.plan, this.store);
    const steps = this.createSteps(props, locations, machines);
    const endpoint = this.createEndpoint(props, image, machine);
    this.alarms = endpoint.alarms;
    this.stateMachine = this.createStateMachine({
      locations,
      tasks: steps.tasks,
      register: { groupName: this.registry.groupName, imageUri: endpoint.imageUri },
      release: endpoint.release,
      failureTopicArn: this.notifications.topic.topicArn,
      approvalTopicArn: this.approvals?.topic.topicArn,
    });
    this.grantRun(steps, endpoint);
    this.dashboard = new PipelineDashboard(this, 'Dashboard', {
      pipeline: definition.name,
      stateMachine: this.stateMachine,
      functions: steps.functions,
      endpoint: endpoint.reference,
      alarms: this.alarms,
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

  /** @returns the endpoint's machine, once nothing is wrong */
  private check(
    { definition, endpointName }: ModelPipelineProps,
    { endpoint, issues }: PipelineMachines,
  ): AwsMachine {
    const { deployment, monitoring } = definition;
    throwIssues(`definition "${definition.name}" on AWS`, [
      ...unsupportedFields(definition, 'AWS', UNSUPPORTED),
      ...issues,
      ...checkRollout(resolveRollout(deployment.release), 'deployment.release'),
      ...(endpoint ? checkAlarms(endpoint, monitoring.resources, 'monitoring.resources') : []),
      ...checkName(endpointName, 'endpointName'),
    ]);
    if (endpoint === undefined) throw new Error('a machine that was not picked has an issue');
    return endpoint;
  }

  private createSteps(
    { definition, jobImage, network, wheelhouse }: ModelPipelineProps,
    locations: Locations,
    machines: PipelineMachines,
  ): PipelineSteps {
    const { source, training } = definition;
    return new PipelineSteps(this, 'Steps', {
      plan: this.plan,
      locations,
      store: this.store,
      code: new JobCode(this, 'Code', { plan: this.plan, source, data: training.data, wheelhouse }),
      machines: machines.jobs,
      jobImage,
      network,
      logEncryptionKey: this.encryptionKey,
    });
  }

  private createEndpoint(
    { definition, network }: ModelPipelineProps,
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
    });
  }

  private grantRun(steps: PipelineSteps, endpoint: PipelineEndpoint): void {
    const { role } = this.stateMachine;
    steps.grantRun(role);
    endpoint.grantRelease(role);
    this.registry.grantRegister(role);
    this.notifications.grantPublish(role);
    this.approvals?.grantPublish(role);
  }

  private createTopic(id: string, recipients: readonly string[]): NotificationTopic {
    return new NotificationTopic(this, id, { encryptionKey: this.encryptionKey, recipients });
  }

  private createApprovals({ deployment }: PipelineDefinition): NotificationTopic | undefined {
    const { approval = 'automatic' } = deployment;
    return approval === 'automatic' ? undefined : this.createTopic('Approvals', approval.approvers);
  }

  private createStateMachine(bindings: WorkflowBindings): StateMachine {
    const definition = Stack.of(this).toJsonString(renderStateMachine(this.plan, bindings));
    // Encryption is bound to the machine's ARN, so it needs a name that is known before it exists.
    const stateMachineName = constructName(this);
    const logGroup = new LogGroup(this, 'Log', {
      // Log groups of this prefix count once against the size of the account's log policy.
      logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
      encryptionKey: this.encryptionKey,
      retention: RetentionDays.ONE_YEAR,
    });
    // By its ARN: given the key itself, the construct would allow a wildcard action in the key's policy.
    const key = Key.fromKeyArn(this, 'StateMachineKey', this.encryptionKey.keyArn);
    return new StateMachine(this, 'StateMachine', {
      stateMachineName,
      definitionBody: DefinitionBody.fromString(definition),
      role: new Role(this, 'Role', {
        description: `Runs the pipeline ${this.plan.pipeline}`,
        assumedBy: new ServicePrincipal('states.amazonaws.com', {
          conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        }),
      }),
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
      encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
    });
  }
}
