import { Grant, type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { CfnEndpoint, CfnEndpointConfig, type CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../hardware';
import { throwIssues } from '../issue';
import type { Capture, MachineRequest, Performance, Queue, Release, Replicas, Resources } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { alarmLevels } from './alarm-levels';
import { AlarmStrategy, atBothLevels } from './alarm-strategy';
import { checkAlarms, EndpointAlarms } from './endpoint-alarms';
import { EndpointBase, type IModelEndpoint, ImportedEndpoint } from './endpoint-base';
import type { EndpointReference } from './endpoint-metrics';
import { createEndpointRole, grantAlarms } from './endpoint-role';
import { EndpointScaling } from './endpoint-scaling';
import { renderCapture } from './endpoint-settings';
import { checkRollout, resolveRollout } from './guardrails';
import { Hosting, type HostingBinding } from './hosting';
import { resolveMachine } from './machine';
import { bindNetwork, type NetworkProps } from './network';
import { resolveReplicas } from './replicas';
import { checkName, constructName } from './resource-name';
import { scalingTags } from './scaling-tags';
import { artifactTags, checkArtifact, shortDigest } from './served-artifact';
import { ServedLanguageModel } from './served-language-model';
import { checkModel, createModel, type ModelProps } from './served-model';

export interface EndpointCapture extends Capture {
  /** Requests and responses are recorded under `capture/<endpoint>/` of this store. */
  readonly store: IArtifactStore;
}

export interface ModelEndpointProps extends ModelProps {
  /**
   * What the model needs, or the machine itself.
   * @default - the smallest that serves a language model; otherwise one CPU machine with 8 GiB of memory
   */
  readonly machine?: MachineRequest | AwsMachine;
  /** How requests reach the model. @default Hosting.realTime() */
  readonly hosting?: Hosting;
  /** At most 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly endpointName?: string;
  /** How many, and what decides it. @default - one replica */
  readonly replicas?: Replicas;
  /** @default - all at once, 5 minutes of watching; with inference components copy by copy */
  readonly release?: Release;
  /** Alarms; those on latency and errors turn a release back. */
  readonly performance: Performance;
  /** @default - no alarms on resources */
  readonly resources?: Resources;
  /** Waiting requests of an asynchronous endpoint. @default - no alarms on waiting requests */
  readonly queue?: Queue;
  /** Hears of alarms. @default - nobody does */
  readonly alarmTopic?: ITopic;
  /** @default - requests and responses are not recorded */
  readonly capture?: EndpointCapture;
  /**
   * Encrypts the disks of machines that do not encrypt local ones by themselves.
   * @default - a key of its own, rotated every year
   */
  readonly encryptionKey?: IKey;
  /** Encrypts the logs. @default - a key of CloudWatch's */
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
export class ModelEndpoint extends EndpointBase {
  /** An endpoint that exists, by its name: to send requests, and to look at its metrics. */
  static fromEndpointName(scope: Construct, id: string, endpointName: string): IModelEndpoint {
    return new ImportedEndpoint(scope, id, endpointName);
  }

  readonly endpointName: string;
  /** Absent on a serverless endpoint. */
  readonly machine?: AwsMachine;
  readonly role: Role;
  /** Of the endpoint's own model; challengers have the same of their own. */
  readonly alarms: EndpointAlarms;
  readonly model: CfnModel;
  readonly config: CfnEndpointConfig;
  readonly endpoint: CfnEndpoint;
  /** Absent where nothing scales, and of inference components, whose copies do. */
  readonly scaling?: EndpointScaling;
  protected readonly reference: EndpointReference;
  private readonly hosting: Hosting;
  private readonly binding: HostingBinding;
  private readonly streams: boolean;

  constructor(scope: Construct, id: string, props: ModelEndpointProps) {
    super(scope, id);
    const { artifact, hosting = Hosting.realTime() } = props;
    const rollout = resolveRollout(props.release);
    this.hosting = hosting;
    const machine = this.check(props);
    this.machine = hosting.mode.machine ? undefined : machine;
    this.streams = artifact instanceof ServedLanguageModel;
    this.endpointName = props.endpointName ?? constructName(this);
    this.reference = { endpointName: this.endpointName, machine: this.machine };
    this.alarms = this.createAlarms('', this.reference, props);
    this.role = createEndpointRole(this, {
      endpointName: this.endpointName,
      rollback: this.alarms.rollback,
      logEncryptionKey: props.logEncryptionKey,
    });
    const vpcConfig = props.network && bindNetwork(this, props.network, this.role);
    const make = (variant: string, model: ModelProps, on: AwsMachine) =>
      createModel(this, variant, model, { machine: on, role: this.role, vpcConfig });
    const served = make('', props, machine);
    this.model = served.model;
    this.binding = hosting.mode.bind(this, {
      endpointName: this.endpointName,
      role: this.role,
      live: { ...served, machine, replicas: resolveReplicas(props.replicas, machine) },
      rollout,
      rolloutGiven: props.release !== undefined,
      rollbackAlarms: this.alarms.rollback.map(({ alarmName }) => alarmName),
      vpcConfig,
      createModel: make,
      watch: (variant, variantName, on) =>
        this.watch(variant, { ...this.reference, machine: on, variantName }, props),
    });
    this.config = this.createConfig(props);
    this.endpoint = new CfnEndpoint(this, 'Endpoint', {
      endpointName: this.endpointName,
      endpointConfigName: this.config.attrEndpointConfigName,
      ...this.binding.endpoint,
      tags: artifactTags(artifact),
    });
    this.scaling = this.createScaling(props);
    this.binding.complete(this.endpoint);
  }

  /** Allows sending requests; to an asynchronous endpoint, by way of its store. */
  grantInvoke(grantee: IGrantable): Grant {
    this.binding.grantInvoke(grantee);
    const { invokeActions } = this.hosting.mode;
    const stream = this.streams ? ['sagemaker:InvokeEndpointWithResponseStream'] : [];
    return Grant.addToPrincipal({
      grantee,
      actions: [...invokeActions, ...stream],
      resourceArns: [this.endpointArn],
    });
  }

  /** @returns the endpoint's machine, once nothing is wrong */
  private check(props: ModelEndpointProps): AwsMachine {
    const { artifact, release, replicas, resources } = props;
    const subject = `endpoint "${this.node.path}"`;
    throwIssues(subject, [...checkArtifact(artifact), ...checkName(props.endpointName, 'endpointName')]);
    const { mode } = this.hosting;
    const machine = mode.machine ?? chooseMachine(props);
    const rollout = resolveRollout(release);
    const given = Object.entries(props).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    throwIssues(subject, [
      ...(mode.machine ? [] : checkModel(props, machine, '')),
      ...checkRollout(rollout, 'release'),
      ...checkAlarms(machine, resources, 'resources'),
      ...mode.check({ machine, replicas, rollout, given, artifact }),
    ]);
    return machine;
  }

  private watch(id: string, variant: EndpointReference, props: ModelEndpointProps): string[] {
    const { rollback } = this.createAlarms(id, variant, props);
    grantAlarms(this.role, rollback);
    return rollback.map(({ alarmName }) => alarmName);
  }

  private createAlarms(id: string, endpoint: EndpointReference, props: ModelEndpointProps): EndpointAlarms {
    return new EndpointAlarms(this, `Alarms${id}`, {
      endpoint,
      ...alarmLevels(props),
      actions: props.alarmTopic && atBothLevels(AlarmStrategy.notify(props.alarmTopic)),
    });
  }

  private createConfig(props: ModelEndpointProps): CfnEndpointConfig {
    const { artifact, capture } = props;
    const { config, machines, scaled } = this.binding;
    if (capture) capture.store.grantWrite(this.role, `capture/${this.endpointName}/`);
    // SageMaker refuses a key where a machine encrypts its local disks with one of its own.
    const encrypts = machines.length > 0 && machines.every(({ localNvme }) => !localNvme);
    return new CfnEndpointConfig(this, `Config${shortDigest(artifact)}`, {
      ...config,
      dataCaptureConfig:
        capture &&
        renderCapture({
          samplePercent: capture.samplePercent,
          destination: capture.store.s3Uri('capture'),
          keyArn: capture.store.encryptionKey.keyArn,
        }),
      kmsKeyId: encrypts ? this.diskKey(props.encryptionKey).keyArn : undefined,
      tags: [...artifactTags(artifact), ...scalingTags(scaled)],
    });
  }

  private createScaling({ logEncryptionKey }: ModelEndpointProps): EndpointScaling | undefined {
    if (this.binding.scaled.length === 0) return undefined;
    const scaling = new EndpointScaling(this, 'Scaling', {
      endpointName: this.endpointName,
      configName: this.config.attrEndpointConfigName,
      scaled: this.binding.scaled,
      logEncryptionKey,
    });
    this.endpoint.node.addDependency(scaling);
    return scaling;
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

function chooseMachine({ artifact, machine }: ModelEndpointProps): AwsMachine {
  const smallest = artifact instanceof ServedLanguageModel && !machine ? artifact.pickMachine() : undefined;
  return smallest ?? resolveMachine(machine ?? {}, 'endpoint');
}
