import { setTimeout } from 'node:timers/promises';
import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  paginateDescribeScalableTargets,
  PutScalingPolicyCommand,
  type PutScalingPolicyCommandInput,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import {
  DescribeEndpointCommand,
  type DescribeEndpointCommandOutput,
  DescribeEndpointConfigCommand,
  paginateListTags,
  type ProductionVariant,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  FIRST_REPLICA,
  noReplicaAlarm,
  noReplicaAlarmName,
  renderTracking,
  SCALING,
  scalableResource,
} from '../scaling-parameters';
import { DIGEST_TAG, readScalingTags, type ScaledVariant, type Tag } from '../scaling-tags';
import { toApi } from '../to-api';

export interface ScalingClients {
  readonly scaling: ApplicationAutoScalingClient;
  readonly cloudwatch: CloudWatchClient;
  readonly sagemaker: SageMakerClient;
}

/** How long the endpoint is watched for scaling that was under way when it was taken off. */
export interface Patience {
  /** Between two looks. */
  readonly intervalMs: number;
  /** Looks in a row that must find the endpoint in service and without scaling. */
  readonly quiet: number;
  /** Looks in all. */
  readonly most: number;
}

/** A minute of quiet, within 10 minutes. */
export const PATIENCE: Patience = { intervalMs: 10_000, quiet: 6, most: 60 };

const DIMENSION = {
  ServiceNamespace: SCALING.serviceNamespace,
  ScalableDimension: SCALING.scalableDimension,
};
const CHANGING: ReadonlySet<string> = new Set(['Creating', 'RollingBack', 'SystemUpdating', 'Updating']);

/** The scaling of one endpoint. */
export class EndpointScaler {
  constructor(
    private readonly clients: ScalingClients,
    private readonly endpointName: string,
    private readonly patience: Patience = PATIENCE,
  ) {}

  /**
   * Makes scaling what the tags of the live configuration say; of an endpoint that is gone, nothing stays.
   * One that changes is left alone: an event tells of its end. So is a configuration of somebody else's.
   */
  async reconcile(): Promise<void> {
    const endpoint = await this.describe();
    if (!endpoint) {
      await this.apply([]);
      return;
    }
    if (endpoint.EndpointStatus !== 'InService') return;
    const tags = await this.tagsOf(endpoint.EndpointConfigName);
    if (tags.some(({ key }) => key === DIGEST_TAG)) await this.apply(readScalingTags(tags));
  }

  /** As `reconcile`, once what changes the endpoint has ended. */
  async settle(): Promise<void> {
    const { intervalMs, most } = this.patience;
    for (let look = 0; look < most && (await this.isChanging()); look++) await setTimeout(intervalMs);
    await this.reconcile();
  }

  /** Makes way for a configuration: what SageMaker would refuse it for is taken off, and nothing else. */
  async prepare(configName: string): Promise<void> {
    const endpoint = await this.describe();
    if (!endpoint) return;
    if (endpoint.EndpointConfigName === configName) {
      await this.reconcile();
      return;
    }
    const live = await this.variantsOf(endpoint.EndpointConfigName);
    const kept = new Set((await this.variantsOf(configName)).map(machineOf));
    const moved = live.filter((variant) => !kept.has(machineOf(variant)));
    await this.release(
      new Set(moved.map(({ VariantName }) => scalableResource(this.endpointName, VariantName))),
    );
  }

  /** Scaling that was under way ends in an event, which brings it back: so until all is quiet. */
  private async release(resources: ReadonlySet<string>): Promise<void> {
    const { intervalMs, most, quiet } = this.patience;
    const takeOff = () => this.deregister((resource) => resources.has(resource));
    if ((await takeOff()) === 0) return;
    for (let look = 0, calm = 0; look < most && calm < quiet; look++) {
      await setTimeout(intervalMs);
      const found = await takeOff();
      calm = found === 0 && !(await this.isChanging()) ? calm + 1 : 0;
    }
  }

  private async isChanging(): Promise<boolean> {
    return CHANGING.has((await this.describe())?.EndpointStatus ?? '');
  }

  private async describe(): Promise<DescribeEndpointCommandOutput | undefined> {
    try {
      return await this.clients.sagemaker.send(
        new DescribeEndpointCommand({ EndpointName: this.endpointName }),
      );
    } catch (error) {
      if (error instanceof Error && error.message.includes('Could not find endpoint')) return undefined;
      throw error;
    }
  }

  private async variantsOf(EndpointConfigName: string | undefined): Promise<ProductionVariant[]> {
    const { ProductionVariants = [] } = await this.clients.sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName }),
    );
    return ProductionVariants;
  }

  private async tagsOf(EndpointConfigName: string | undefined): Promise<Tag[]> {
    const { sagemaker: client } = this.clients;
    const { EndpointConfigArn } = await client.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName }),
    );
    const tags: Tag[] = [];
    for await (const { Tags = [] } of paginateListTags({ client }, { ResourceArn: EndpointConfigArn })) {
      tags.push(...Tags.map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })));
    }
    return tags;
  }

  private async apply(wanted: readonly ScaledVariant[]): Promise<void> {
    const resources = new Set(wanted.map(({ variant }) => scalableResource(this.endpointName, variant)));
    await this.deregister((resource) => !resources.has(resource));
    for (const variant of wanted) await this.register(variant);
    if (!wanted.some(({ min }) => min === 0)) await this.forgetFirstReplica();
  }

  private async register(scaled: ScaledVariant): Promise<void> {
    const { endpointName } = this;
    const { max, min, variant } = scaled;
    const target = { ...DIMENSION, ResourceId: scalableResource(endpointName, variant) };
    await this.clients.scaling.send(
      new RegisterScalableTargetCommand({ ...target, MinCapacity: min, MaxCapacity: max }),
    );
    await this.putPolicy({
      ...target,
      PolicyName: `${endpointName}-requests`,
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: toApi(
        renderTracking(scaled, { endpointName, variant }),
      ) as PutScalingPolicyCommandInput['TargetTrackingScalingPolicyConfiguration'],
    });
    if (min > 0) return;
    const policyArn = await this.putPolicy({
      ...target,
      PolicyName: `${endpointName}-first-replica`,
      PolicyType: 'StepScaling',
      StepScalingPolicyConfiguration: toApi(
        FIRST_REPLICA,
      ) as PutScalingPolicyCommandInput['StepScalingPolicyConfiguration'],
    });
    const alarm = toApi(noReplicaAlarm({ endpointName })) as Omit<PutMetricAlarmCommandInput, 'AlarmName'>;
    await this.clients.cloudwatch.send(
      new PutMetricAlarmCommand({
        ...alarm,
        AlarmName: noReplicaAlarmName(endpointName),
        AlarmActions: [policyArn],
      }),
    );
  }

  private async putPolicy(input: PutScalingPolicyCommandInput): Promise<string> {
    const { PolicyARN = '' } = await this.clients.scaling.send(new PutScalingPolicyCommand(input));
    return PolicyARN;
  }

  /** Where one machine always runs, nothing needs to bring the first. */
  private async forgetFirstReplica(): Promise<void> {
    try {
      await this.clients.cloudwatch.send(
        new DeleteAlarmsCommand({ AlarmNames: [noReplicaAlarmName(this.endpointName)] }),
      );
    } catch (error) {
      if (!(error instanceof Error && error.name.startsWith('ResourceNotFound'))) throw error;
    }
  }

  /** @returns how many there were */
  private async deregister(unwanted: (resource: string) => boolean): Promise<number> {
    const found = (await this.registered()).filter(unwanted);
    for (const ResourceId of found) {
      await this.clients.scaling.send(new DeregisterScalableTargetCommand({ ...DIMENSION, ResourceId }));
    }
    return found.length;
  }

  private async registered(): Promise<string[]> {
    const { scaling: client } = this.clients;
    const prefix = scalableResource(this.endpointName, '');
    const resources: string[] = [];
    for await (const { ScalableTargets = [] } of paginateDescribeScalableTargets({ client }, DIMENSION)) {
      resources.push(...ScalableTargets.map(({ ResourceId = '' }) => ResourceId));
    }
    return resources.filter((resource) => resource.startsWith(prefix));
  }
}

/** What must not change of a variant that scales. */
function machineOf({ InstanceType, VariantName }: ProductionVariant): string {
  return JSON.stringify([VariantName, InstanceType]);
}
