import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnInferenceComponent } from 'aws-cdk-lib/aws-sagemaker';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type AwsMachine, memoryNeeded } from '../../hardware';
import { type Issue, issue } from '../../issue';
import { ComponentScaling } from '../component-scaling';
import { startTimeouts, VARIANT } from '../endpoint-settings';
import type { Rollout } from '../guardrails';
import { checkReplicas, type ResolvedReplicas } from '../replicas';
import { shortName } from '../../names';
import { MAX_LENGTH } from '../resource-name';
import { ServedLanguageModel } from '../served-language-model';
import { checkQueue } from './queue';
import type {
  HostedModel,
  HostingBinding,
  HostingContext,
  HostingMode,
  HostingRequest,
} from './hosting-mode';

export interface ComponentsOptions {
  /**
   * Copies of the model that share one machine.
   * @default - as many as its GPUs allow; 1 on a machine without
   */
  readonly copiesPerMachine?: number;
}

const LIMITS = {
  place: 'an endpoint with inference components',
  metrics: ['requestsPerMinute', 'concurrentRequests'],
  least: 0,
} as const;

/** What of a machine's memory its copies share; the rest is the system's. */
const SHARED_MEMORY = 0.8;

/** Seconds of which each batch of copies may need as many to start. */
const BATCH_SECONDS = 1800;
const MAX_EXECUTION_SECONDS = 28800;

/** Copies of a model that share machines; with no copy at work there is no machine either. */
export class Components implements HostingMode {
  readonly invokeActions = ['sagemaker:InvokeEndpoint'];

  constructor(private readonly options: ComponentsOptions) {}

  check({ machine, replicas, rollout, given, artifact }: HostingRequest): Issue[] {
    const { copiesPerMachine } = this.options;
    const devices = artifact instanceof ServedLanguageModel ? artifact.tensorParallel : 1;
    const most = machine.accelerators > 0 ? Math.floor(machine.accelerators / devices) : machine.vcpus;
    const copies = copiesPerMachine ?? 1;
    return [
      ...checkQueue(given),
      ...checkReplicas(replicas, machine, LIMITS, 'replicas'),
      ...(Number.isInteger(copies) && copies >= 1 && copies <= most
        ? []
        : [
            issue(
              'copies-per-machine',
              'hosting.copiesPerMachine',
              `is ${copies}; ${machine.name} holds 1 to ${most}`,
              `Choose a whole number from 1 to ${most}.`,
            ),
          ]),
      ...shareIssues(machine, copies, artifact),
      ...(given.includes('release') && rollout.strategy !== 'rolling'
        ? [
            issue(
              'components-rolling',
              'release.strategy',
              `is "${rollout.strategy}"; SageMaker replaces inference components copy by copy`,
              'Choose { strategy: "rolling", stepPercent }, or leave release out.',
            ),
          ]
        : []),
    ];
  }

  bind(scope: Construct, context: HostingContext): HostingBinding {
    const { endpointName, live, role, vpcConfig } = context;
    const { machine, replicas } = live;
    const copies = this.copiesPerMachine(live);
    const name = shortName(`${endpointName}-${VARIANT}`, MAX_LENGTH);
    return {
      machines: [machine],
      config: {
        executionRoleArn: role.roleArn,
        vpcConfig,
        productionVariants: [
          {
            variantName: VARIANT,
            instanceType: machine.name,
            initialInstanceCount: Math.max(1, Math.ceil(replicas.min / copies)),
            managedInstanceScaling: renderMachines(replicas, copies),
            routingConfig: { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
            ...startTimeouts(live.modelBytes),
          },
        ],
      },
      endpoint: {},
      scaled: [],
      complete: (endpoint) => {
        const component = new CfnInferenceComponent(scope, 'Component', {
          inferenceComponentName: name,
          endpointName,
          variantName: VARIANT,
          specification: renderSpecification(live, copies),
          runtimeConfig: { copyCount: Math.max(1, replicas.min) },
          deploymentConfig: renderRollout(context),
        });
        component.addResourceDependency(endpoint);
        scale(scope, component, { endpointName, component: name }, replicas);
      },
      grantInvoke: (grantee) => {
        grantComponent(scope, grantee, name);
      },
    };
  }

  private copiesPerMachine({ machine, devices }: HostedModel): number {
    return this.options.copiesPerMachine ?? Math.max(1, Math.floor(machine.accelerators / devices));
  }
}

/** Without a GPU, copies share the machine's memory; each GPU has its own, which is checked for any hosting. */
function shareIssues(machine: AwsMachine, copies: number, artifact: HostingRequest['artifact']): Issue[] {
  const needed = memoryNeeded(artifact.bytes, 'cpu');
  const share = memoryShareMib(machine, copies) / 1024;
  if (machine.accelerators > 0 || needed <= share) return [];
  return [
    issue(
      'copies-memory',
      'hosting.copiesPerMachine',
      `is ${copies}: each copy has ${share.toFixed(1)} GiB of ${machine.name}, and takes about ${needed.toFixed(1)} GiB`,
      'Put fewer copies on a machine, or ask for more memory.',
    ),
  ];
}

/** SageMaker adds and removes machines for the copies there are. */
function renderMachines({ min, scaling }: ResolvedReplicas, copies: number) {
  return {
    status: 'ENABLED',
    minInstanceCount: Math.ceil(min / copies),
    maxInstanceCount: Math.max(1, Math.ceil((scaling?.max ?? min) / copies)),
  };
}

function renderSpecification(
  { machine, modelName, modelBytes }: HostedModel,
  copies: number,
): CfnInferenceComponent.InferenceComponentSpecificationProperty {
  return {
    modelName,
    computeResourceRequirements: {
      minMemoryRequiredInMb: memoryShareMib(machine, copies),
      ...(machine.accelerators > 0 && {
        numberOfAcceleratorDevicesRequired: Math.floor(machine.accelerators / copies),
      }),
    },
    startupParameters: startTimeouts(modelBytes),
  };
}

function memoryShareMib({ memoryGiB }: AwsMachine, copies: number): number {
  return Math.floor((SHARED_MEMORY * memoryGiB * 1024) / copies);
}

/** Copy by copy, or by the share that was asked for. */
function renderRollout({ rollout, rolloutGiven, rollbackAlarms }: HostingContext) {
  return {
    rollingUpdatePolicy: {
      maximumBatchSize: rolloutGiven
        ? { type: 'CAPACITY_PERCENT', value: rollout.stepPercent }
        : { type: 'COPY_COUNT', value: 1 },
      waitIntervalInSeconds: rollout.waitMinutes * 60,
      maximumExecutionTimeoutInSeconds: maximumSeconds(rollout, rolloutGiven),
    },
    ...(rollbackAlarms.length > 0 && {
      autoRollbackConfiguration: { alarms: rollbackAlarms.map((alarmName) => ({ alarmName })) },
    }),
  };
}

function maximumSeconds({ stepPercent, waitMinutes }: Rollout, given: boolean): number {
  if (!given) return MAX_EXECUTION_SECONDS;
  return Math.min(MAX_EXECUTION_SECONDS, Math.ceil(100 / stepPercent) * (BATCH_SECONDS + waitMinutes * 60));
}

function scale(
  scope: Construct,
  resource: CfnInferenceComponent,
  scaled: { endpointName: string; component: string },
  { min, scaling }: ResolvedReplicas,
): void {
  if (scaling) new ComponentScaling(scope, 'Scaling', { scaled, resource, min, scaling });
}

function grantComponent(scope: Construct, grantee: IGrantable, resourceName: string): void {
  const arn = Stack.of(scope).formatArn({
    service: 'sagemaker',
    resource: 'inference-component',
    resourceName,
  });
  Grant.addToPrincipal({
    grantee,
    actions: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
    resourceArns: [arn],
  });
}
