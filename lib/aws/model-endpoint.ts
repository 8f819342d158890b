import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnEndpoint, CfnEndpointConfig, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { VerifiedArtifact } from '../artifact';
import { type AwsMachine, checkModelFits } from '../hardware';
import { throwIssues } from '../issue';
import type { Capture, MachineRequest, Performance, Release, Replicas, Resources } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import type { ContainerImage } from './container-image';
import { checkAlarms, EndpointAlarms } from './endpoint-alarms';
import { type EndpointReference, errorPercent, latencyMs, requests } from './endpoint-metrics';
import { createEndpointRole } from './endpoint-role';
import { EndpointScaling } from './endpoint-scaling';
import { renderCapture, renderVariant, type ResolvedReplicas, resolveReplicas } from './endpoint-settings';
import { checkRollout, renderDeployment, resolveRollout } from './guardrails';
import { resolveMachine } from './machine';
import { bindNetwork, type NetworkProps } from './network';
import { checkName, constructName } from './resource-name';
import { artifactTags, checkArtifact, shortDigest } from './served-artifact';
import { serverEnvironment, servingImage, warnOfIdleGpu } from './serving-image';

export interface EndpointCapture extends Capture {
  /** Requests and responses are recorded under `capture/<endpoint>/` of this store. */
  readonly store: IArtifactStore;
}

export interface ModelEndpointProps {
  /** `VerifiedArtifact.fromDirectory(…)`: a model that was not verified has no such thing. */
  readonly artifact: VerifiedArtifact;
  /** What the model needs, or the machine itself. */
  readonly machine: MachineRequest | AwsMachine;
  /** @default - Triton as AWS publishes it for the runtime `triton`; the runtime `onnx` has no default */
  readonly image?: ContainerImage;
  /** At most 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly endpointName?: string;
  /**
   * Before `machine` of an endpoint with scaling is changed, deploy once without scaling: SageMaker
   * refuses the change while it is on.
   * @default - one replica
   */
  readonly replicas?: Replicas;
  /** @default - all at once, 5 minutes of watching */
  readonly release?: Release;
  /** Alarms; those on latency and errors turn a release back. */
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** Hears of alarms. @default - nobody does */
  readonly alarmTopic?: ITopic;
  /** @default - requests and responses are not recorded */
  readonly capture?: EndpointCapture;
  /**
   * Encrypts the disks of machines that do not encrypt local ones by themselves.
   * @default - a key of its own, rotated every year
   */
  readonly encryptionKey?: IKey;
  /** Encrypts the log. @default - a key of CloudWatch's */
  readonly logEncryptionKey?: IKey;
  /** @default - a network of SageMaker's */
  readonly network?: NetworkProps;
}

/**
 * An endpoint that the template owns: it serves one verified model, and a deployment moves it to
 * another one step by step, back again when an alarm goes off.
 *
 * ```ts
 * new ModelEndpoint(this, 'Endpoint', {
 *   artifact: VerifiedArtifact.fromDirectory('models/3f2a90b1c4de'),
 *   image: ContainerImage.fromEcrRepository(server, '1.0.0'),
 *   machine: { accelerator: 'l4' },
 *   performance: { latencyP99Ms: { critical: 250 }, errorPercent: { critical: 1 } },
 * });
 * ```
 *
 * The model's digest is part of the logical ids of model and configuration: another model, if only by
 * one weight, shows in `cdk diff` and replaces both.
 */
export class ModelEndpoint extends Construct {
  readonly endpointName: string;
  readonly machine: AwsMachine;
  readonly role: Role;
  readonly alarms: EndpointAlarms;
  readonly model: CfnModel;
  readonly config: CfnEndpointConfig;
  readonly endpoint: CfnEndpoint;
  private readonly reference: EndpointReference;

  constructor(scope: Construct, id: string, props: ModelEndpointProps) {
    super(scope, id);
    const subject = `endpoint "${this.node.path}"`;
    throwIssues(subject, [
      ...checkArtifact(props.artifact),
      ...checkName(props.endpointName, 'endpointName'),
    ]);
    const rollout = resolveRollout(props.release);
    this.machine = resolveMachine(props.machine, 'endpoint');
    throwIssues(subject, [
      ...checkModelFits({ modelBytes: props.artifact.bytes, machine: this.machine, path: 'machine' }),
      ...checkRollout(rollout, 'release'),
      ...checkAlarms(this.machine, props.resources, 'resources'),
    ]);

    warnOfIdleGpu(this, props.artifact.runtime, this.machine);

    const replicas = resolveReplicas(props.replicas);
    this.endpointName = props.endpointName ?? constructName(this);
    this.reference = { endpointName: this.endpointName, machine: this.machine };
    this.alarms = new EndpointAlarms(this, 'Alarms', {
      endpoint: this.reference,
      performance: props.performance,
      resources: props.resources,
      topic: props.alarmTopic,
    });
    this.role = createEndpointRole(this, {
      endpointName: this.endpointName,
      rollback: this.alarms.rollback,
      logEncryptionKey: props.logEncryptionKey,
    });
    this.model = this.createModel(props);
    this.config = this.createConfig(props, replicas);
    const rollback = this.alarms.rollback.map(({ alarmName }) => alarmName);
    this.endpoint = new CfnEndpoint(this, 'Endpoint', {
      endpointName: this.endpointName,
      endpointConfigName: this.config.attrEndpointConfigName,
      deploymentConfig: renderDeployment(rollout, rollback),
      // A deployment keeps the number of replicas that scaling has chosen.
      retainAllVariantProperties: replicas.scaling !== undefined,
      ...(replicas.scaling && {
        excludeRetainedVariantProperties: [{ variantPropertyType: 'DataCaptureConfig' }],
      }),
      tags: artifactTags(props.artifact),
    });
    if (replicas.scaling) this.createScaling(replicas.min, replicas.scaling);
  }

  /** Allows sending requests. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['sagemaker:InvokeEndpoint'],
      resourceArns: [
        Stack.of(this).formatArn({
          service: 'sagemaker',
          resource: 'endpoint',
          resourceName: this.endpointName,
        }),
      ],
    });
  }

  /** Model latency in milliseconds, at the 99th percentile unless `statistic` says otherwise. */
  metricLatencyMs(options?: MetricOptions): IMetric {
    return latencyMs(this.reference, options);
  }

  /** Share of the requests that ended in a server error, in percent. */
  metricErrorPercent(options?: MetricOptions): IMetric {
    return errorPercent(this.reference, options);
  }

  /** Requests in the period. */
  metricRequests(options?: MetricOptions): IMetric {
    return requests(this.reference, options);
  }

  private createModel({ artifact, image, network }: ModelEndpointProps): CfnModel {
    const archive = new Asset(this, 'Archive', { path: artifact.archive });
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:GetObject'],
      resourceArns: [archive.bucket.arnForObjects(archive.s3ObjectKey)],
    });
    const vpcConfig = network && bindNetwork(this, network, this.role);
    const model = new CfnModel(this, `Model${shortDigest(artifact)}`, {
      executionRoleArn: this.role.roleArn,
      primaryContainer: {
        image: servingImage(artifact.runtime, image).bind(this, this.role),
        modelDataUrl: archive.s3ObjectUrl,
        environment: serverEnvironment(artifact),
      },
      vpcConfig,
      tags: artifactTags(artifact),
    });
    model.addMetadata('digest', `sha256:${artifact.digest}`);
    // SageMaker reads the archive and pulls the image when the model is made.
    model.node.addDependency(this.role);
    return model;
  }

  private createConfig(props: ModelEndpointProps, replicas: ResolvedReplicas): CfnEndpointConfig {
    const { artifact, capture, encryptionKey } = props;
    if (capture) capture.store.grantWrite(this.role, `capture/${this.endpointName}/`);
    return new CfnEndpointConfig(this, `Config${shortDigest(artifact)}`, {
      productionVariants: [
        renderVariant({
          modelName: this.model.attrModelName,
          machine: this.machine,
          replicas,
          modelBytes: artifact.bytes,
        }),
      ],
      dataCaptureConfig:
        capture &&
        renderCapture({
          samplePercent: capture.samplePercent,
          destination: capture.store.s3Uri(`capture/${this.endpointName}/`),
          keyArn: capture.store.encryptionKey.keyArn,
        }),
      kmsKeyId: this.machine.localNvme ? undefined : this.diskKey(encryptionKey).keyArn,
      tags: artifactTags(artifact),
    });
  }

  private createScaling(min: number, scaling: NonNullable<ResolvedReplicas['scaling']>): void {
    const { endpoint, endpointName } = this;
    new EndpointScaling(this, 'Scaling', { endpoint, endpointName, min, scaling });
  }

  private diskKey(given: IKey | undefined): IKey {
    const key =
      given ?? new Key(this, 'Key', { description: `Disks of ${this.node.path}`, enableKeyRotation: true });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:CreateGrant'],
        resources: [key.keyArn],
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
    return key;
  }
}
