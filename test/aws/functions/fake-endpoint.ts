import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { ScalingClients } from '../../../lib/aws/functions/endpoint-scaler';
import { ServiceModels } from '../../../lib/aws/rehearsal/service-models';
import { type ScaledVariant, scalingTags } from '../../../lib/aws/scaling-tags';

type Parameters = Readonly<Record<string, unknown>>;

export interface FakeConfig {
  /** Instance type by variant. */
  readonly machines: Readonly<Record<string, string>>;
  readonly scaled?: readonly ScaledVariant[];
  /** Made by somebody else. */
  readonly foreign?: boolean;
}

const CLIENT_CONFIG = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'fake', secretAccessKey: 'fake' },
  maxAttempts: 1,
};

/** An endpoint `spam` with its scaling, behind the SDK's clients, which refuses what SageMaker refuses. */
export class FakeEndpoint {
  readonly configs = new Map<string, FakeConfig>();
  readonly alarms = new Map<string, Parameters>();
  readonly policies = new Map<string, Parameters>();
  readonly targets = new Map<string, Parameters>();
  readonly calls: string[] = [];
  live?: { config: string; status: string };
  /** What a call fails with. */
  failures: Readonly<Record<string, Error>> = {};
  private readonly events = new Map<number, () => Promise<void> | void>();
  private looks = 0;
  private readonly models = new ServiceModels();

  readonly clients: ScalingClients = {
    scaling: this.connect(new ApplicationAutoScalingClient(CLIENT_CONFIG), 'applicationautoscaling'),
    cloudwatch: this.connect(new CloudWatchClient(CLIENT_CONFIG), 'cloudwatch'),
    sagemaker: this.connect(new SageMakerClient(CLIENT_CONFIG), 'sagemaker'),
  };

  /** UpdateEndpoint, or CreateEndpoint. */
  move(config: string): void {
    const before = this.configs.get(this.live?.config ?? '')?.machines ?? {};
    const after = this.configs.get(config)?.machines ?? {};
    for (const [variant, machine] of Object.entries(before)) {
      if (this.targets.has(`endpoint/spam/variant/${variant}`) && after[variant] !== machine)
        throw new Error(`The variant ${variant} is registered as a scalable target`);
    }
    this.live = { config, status: 'InService' };
  }

  /** Lets something happen when the endpoint is looked at for the n-th time from now. */
  after(looks: number, event: () => Promise<void> | void): void {
    this.events.set(this.looks + looks, event);
  }

  /** Bounds by variant. */
  get scaling(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.targets].map(([id, { MinCapacity, MaxCapacity }]) => [
        id.replace('endpoint/spam/variant/', ''),
        [MinCapacity, MaxCapacity],
      ]),
    );
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length;
  }

  private connect<Client extends ApplicationAutoScalingClient | CloudWatchClient | SageMakerClient>(
    client: Client,
    service: string,
  ): Client {
    // Of whichever service: what goes in is read by its names.
    const stack = client.middlewareStack as unknown as SageMakerClient['middlewareStack'];
    stack.add(
      (_next, { commandName = '' }) =>
        async ({ input }) => {
          const call = commandName.replace('Command', '');
          this.calls.push(call);
          const action = `${service}:${call.charAt(0).toLowerCase()}${call.slice(1)}`;
          expect(this.models.check(action, given(input as Parameters))).toEqual([]);
          const failure = this.failures[call];
          if (failure) throw failure;
          return {
            output: { $metadata: {}, ...(await this.answer(call, input as Parameters)) },
            response: {},
          };
        },
      { step: 'initialize' },
    );
    return client;
  }

  private async answer(call: string, input: Parameters): Promise<object> {
    const id = String(input.ResourceId);
    switch (call) {
      case 'DescribeEndpoint':
        await this.events.get(++this.looks)?.();
        if (!this.live) throw new Error('Could not find endpoint "arn:aws:sagemaker:…:endpoint/spam".');
        return { EndpointConfigName: this.live.config, EndpointStatus: this.live.status };
      case 'DescribeEndpointConfig':
        return this.describeConfig(String(input.EndpointConfigName));
      case 'ListTags':
        return { Tags: this.tagsOf(String(input.ResourceArn).replace('config:', '')) };
      case 'DescribeScalableTargets':
        return { ScalableTargets: [...this.targets.keys()].map((ResourceId) => ({ ResourceId })) };
      case 'RegisterScalableTarget':
        this.targets.set(id, input);
        return {};
      case 'DeregisterScalableTarget':
        this.targets.delete(id);
        return {};
      case 'PutScalingPolicy':
        this.policies.set(`${id} ${String(input.PolicyName)}`, input);
        return { PolicyARN: `policy:${String(input.PolicyName)}` };
      case 'PutMetricAlarm':
        this.alarms.set(String(input.AlarmName), input);
        return {};
      case 'DeleteAlarms':
        for (const name of input.AlarmNames as string[]) this.alarms.delete(name);
        return {};
      default:
        throw new Error(`unexpected ${call}`);
    }
  }

  private describeConfig(name: string) {
    return {
      EndpointConfigArn: `config:${name}`,
      ProductionVariants: Object.entries(this.configs.get(name)?.machines ?? {}).map(
        ([VariantName, InstanceType]) => ({ VariantName, InstanceType }),
      ),
    };
  }

  private tagsOf(name: string) {
    const { foreign, scaled = [] } = this.configs.get(name) ?? {};
    const tags = [...(foreign ? [] : [{ key: 'model-pipeline:digest', value: 'f' }]), ...scalingTags(scaled)];
    return tags.map(({ key, value }) => ({ Key: key, Value: value }));
  }
}

/** What is sent: the SDK leaves out what is undefined. */
function given(input: Parameters): Parameters {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
