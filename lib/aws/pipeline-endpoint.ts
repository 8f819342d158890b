import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type AwsMachine, languageModelNeeds } from '../hardware';
import { type PipelineDefinition, servingRuntime } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { alarmLevels } from './alarm-levels';
import { AlarmStrategy, atBothLevels } from './alarm-strategy';
import { EndpointAlarms } from './endpoint-alarms';
import type { EndpointReference } from './endpoint-metrics';
import { createEndpointRole, grantAlarms } from './endpoint-role';
import { renderCapture } from './endpoint-settings';
import { grantPassToSageMaker } from './job-role';
import { grantScaling } from './grant-scaling';
import { bindNetwork, type NetworkProps } from './network';
import { ReleaseLock } from './release-lock';
import { resolveReplicas } from './replicas';
import { RequestQueue, type RequestQueueOptions } from './request-queue';
import { contentHash } from '../names';
import { serverlessSettings } from './serverless-settings';
import { SmokeTest } from './smoke-test';
import type { EndpointSettings, ReleaseSettings } from './workflow/release-settings';
import { renderConfig, renderModel } from './workflow/release-states';
import { REGISTERED } from './workflow/version-files';

export interface PipelineEndpointProps {
  readonly definition: PipelineDefinition;
  readonly endpointName: string;
  readonly machine: AwsMachine;
  readonly image: ContainerImage;
  readonly store: IArtifactStore;
  readonly alarmTopic: ITopic;
  readonly network?: NetworkProps;
  readonly logEncryptionKey: IKey;
  /** Of an asynchronous endpoint. */
  readonly queue?: RequestQueueOptions;
}

/** What an endpoint that the release workflow owns needs around it: role, alarms, smoke test. */
export class PipelineEndpoint extends Construct {
  readonly reference: EndpointReference;
  readonly role: Role;
  readonly alarms: EndpointAlarms;
  readonly imageUri: string;
  readonly release: ReleaseSettings;
  private readonly lock: ReleaseLock;
  private readonly smokeTest: SmokeTest;
  private readonly serverless?: CfnEndpointConfig.ServerlessConfigProperty;
  private readonly queue?: RequestQueue;
  private readonly props: PipelineEndpointProps;

  constructor(scope: Construct, id: string, props: PipelineEndpointProps) {
    super(scope, id);
    const { definition, endpointName, machine, store } = props;
    this.props = props;
    this.serverless = serverlessSettings(definition.deployment.endpoint);
    this.reference = { endpointName, machine: this.serverless ? undefined : machine };
    this.alarms = new EndpointAlarms(this, 'Alarms', {
      endpoint: this.reference,
      ...alarmLevels(definition.monitoring),
      actions: atBothLevels(AlarmStrategy.notify(props.alarmTopic)),
    });
    this.role = createEndpointRole(this, {
      endpointName,
      rollback: this.alarms.rollback,
      logEncryptionKey: props.logEncryptionKey,
    });
    store.grantRead(this.role, 'models/');
    this.queue = this.createQueue();
    this.imageUri = props.image.bind(this, this.role);
    this.lock = new ReleaseLock(this, 'Lock', { encryptionKey: props.logEncryptionKey });
    this.smokeTest = new SmokeTest(this, 'SmokeTest', {
      store,
      endpointName,
      runtime: servingRuntime(definition),
      version: `${REGISTERED}.modelUri`,
      tolerance: definition.conversion?.tolerance,
      queue: this.queue,
      logEncryptionKey: props.logEncryptionKey,
    });
    this.release = this.renderRelease();
  }

  /** Allows releasing a version to the endpoint, and taking it back. */
  grantRelease(grantee: IGrantable): void {
    const { definition, endpointName, image, store } = this.props;
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'sagemaker', resource, resourceName });
    const [models, configs] = ['model', 'endpoint-config'].map((kind) => arn(kind, `${definition.name}-*`));
    const endpoint = arn('endpoint', endpointName);
    const grants: readonly (readonly [actions: string[], resourceArns: (string | undefined)[]])[] = [
      [['sagemaker:CreateModel', 'sagemaker:DescribeModel'], [models]],
      [['sagemaker:CreateEndpointConfig', 'sagemaker:DescribeEndpointConfig'], [configs]],
      [
        ['sagemaker:CreateEndpoint', 'sagemaker:UpdateEndpoint'],
        [endpoint, configs],
      ],
      [['sagemaker:DeleteEndpoint', 'sagemaker:DescribeEndpoint'], [endpoint]],
      [['sagemaker:AddTags'], [models, configs, endpoint]],
      [['s3:GetObject', 's3:PutObject'], [store.bucket.arnForObjects('releases/*')]],
      // Without it, S3 does not tell a record that is not there from one that may not be read.
      [['s3:ListBucket'], [store.bucket.bucketArn]],
      [['kms:Decrypt', 'kms:GenerateDataKey'], [store.encryptionKey.keyArn]],
    ];
    for (const [actions, arns] of grants) {
      const resourceArns = arns.filter((resource) => resource !== undefined);
      Grant.addToPrincipal({ grantee, actions, resourceArns });
    }
    if (this.encryptsDisks) this.grantDiskKey(grantee);
    grantPassToSageMaker(this.role, grantee);
    // SageMaker looks at image and archive in the name of who lists a version in its registry.
    image.bind(this, grantee);
    store.grantRead(grantee, 'models/');
    this.smokeTest.grantRun(grantee);
    this.lock.grantLock(grantee);
    grantScaling(this, grantee, {
      endpointName,
      // Scaling is always taken off, as the template before may have had it.
      scales: this.release.replicas.scaling !== undefined,
      firstReplica: this.release.replicas.min === 0,
    });
  }

  /** Allows releasing a version under the alarms that turn it back. */
  grantGuardedRelease(grantee: IGrantable): void {
    this.grantRelease(grantee);
    grantAlarms(grantee, this.alarms.rollback);
  }

  private renderRelease(): ReleaseSettings {
    const { definition, endpointName, machine, network, store } = this.props;
    const capture = this.renderCapture();
    const vpcConfig = network && bindNetwork(this, network, this.role);
    if (this.encryptsDisks) this.grantDiskKey(this.role);
    const { serverless } = this;
    const replicas = serverless
      ? { min: 0 }
      : resolveReplicas(definition.deployment.endpoint.replicas, machine);
    const settings: EndpointSettings = {
      pipeline: definition.name,
      endpointName,
      imageUri: this.imageUri,
      roleArn: this.role.roleArn,
      bucketName: store.bucket.bucketName,
      lock: { tableName: this.lock.table.tableName, endpointName },
      machine,
      replicas,
      languageModel: languageModelNeeds(definition),
      serverless,
      alarmNames: this.alarms.rollback.map(({ alarmName }) => alarmName),
      smokeTest: this.smokeTest.state,
      capture,
      queue: this.queue?.render(),
      diskKeyArn: this.encryptsDisks ? store.encryptionKey.keyArn : undefined,
      vpcConfig,
    };
    const content = Stack.of(this).resolve([renderModel(settings), renderConfig(settings)]) as unknown;
    return { ...settings, contentHash: contentHash(content) };
  }

  /** A serverless endpoint has no disks; some machines encrypt theirs with a key of their own. */
  private get encryptsDisks(): boolean {
    return !this.serverless && !this.props.machine.localNvme;
  }

  private createQueue(): RequestQueue | undefined {
    const { definition, endpointName, queue: options, store } = this.props;
    if (definition.deployment.endpoint.mode !== 'asynchronous') return undefined;
    const queue = new RequestQueue(store, endpointName, options);
    queue.grantWork(this.role);
    return queue;
  }

  private renderCapture(): CfnEndpointConfig.DataCaptureConfigProperty | undefined {
    const { definition, endpointName, store } = this.props;
    const { capture } = definition.monitoring;
    if (!capture) return undefined;
    store.grantWrite(this.role, `capture/${endpointName}/`);
    return renderCapture({
      samplePercent: capture.samplePercent,
      destination: store.s3Uri('capture'),
      keyArn: store.encryptionKey.keyArn,
    });
  }

  private grantDiskKey(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:CreateGrant'],
      resourceArns: [this.props.store.encryptionKey.keyArn],
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    });
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:DescribeKey'],
      resourceArns: [this.props.store.encryptionKey.keyArn],
    });
  }
}
