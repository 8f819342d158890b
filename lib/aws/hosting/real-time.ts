import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import type { AwsMachine } from '../../hardware';
import { type Issue, issue } from '../../issue';
import type { MachineRequest, Replicas } from '../../pipeline';
import { renderVariant, VARIANT } from '../endpoint-settings';
import { renderDeployment } from '../guardrails';
import { resolveMachine } from '../machine';
import { checkReplicas, type ReplicaLimits, resolveReplicas } from '../replicas';
import { checkModel, type ModelProps } from '../served-model';
import { checkQueue } from './queue';
import type {
  HostedModel,
  HostingBinding,
  HostingContext,
  HostingMode,
  HostingRequest,
} from './hosting-mode';
import { retention } from './retention';

/** A further model of the same endpoint. */
export interface VariantProps extends ModelProps {
  /** @default - the endpoint's */
  readonly machine?: MachineRequest | AwsMachine;
  /** @default - one replica */
  readonly replicas?: Replicas;
}

export interface ChallengerProps extends VariantProps {
  /** Name of the variant: letters, digits and `-`. It must not change. */
  readonly name: string;
  /** Share of the requests, against the weights of the others. */
  readonly weight: number;
}

export interface ShadowProps extends VariantProps {
  /** Share of the requests that it gets a copy of, above 0 to 100. Its answers reach nobody. @default 100 */
  readonly samplePercent?: number;
}

export interface RealTimeOptions {
  /** The endpoint's own model against its challengers. @default 1 */
  readonly weight?: number;
  /** Models that answer a share of the requests. @default - none */
  readonly challengers?: readonly ChallengerProps[];
  /** A model that gets copies of requests. SageMaker takes it beside a single variant. @default - none */
  readonly shadow?: ShadowProps;
}

const LIMITS: ReplicaLimits = {
  place: 'a real-time endpoint',
  metrics: ['requestsPerMinute', 'concurrentRequests', 'gpuPercent'],
  least: 1,
};

const SHADOW = 'shadow';

/** Answers at once, from machines that are always there. */
export class RealTime implements HostingMode {
  readonly invokeActions = ['sagemaker:InvokeEndpoint'];

  constructor(private readonly options: RealTimeOptions) {}

  check({ given, machine, replicas, rollout }: HostingRequest): Issue[] {
    const { challengers = [], shadow, weight = 1 } = this.options;
    return [
      ...checkQueue(given),
      ...checkReplicas(replicas, machine, LIMITS, 'replicas'),
      ...nameIssues(challengers),
      ...weightIssues(weight, challengers),
      ...this.further().flatMap(({ path, props }) => checkVariant(props, machine, path)),
      ...(challengers.length > 0 && rollout.strategy === 'rolling'
        ? [
            issue(
              'rolling-variants',
              'release.strategy',
              'is "rolling", which SageMaker refuses for several variants',
              'Choose all-at-once, canary or linear.',
            ),
          ]
        : []),
      ...(shadow ? shadowIssues(shadow, challengers) : []),
    ];
  }

  bind(_: Construct, context: HostingContext): HostingBinding {
    const { live, rollout, rollbackAlarms } = context;
    const { challengers = [], shadow, weight = 1 } = this.options;
    const rivals = challengers.map((props) => ({
      name: props.name,
      weight: props.weight,
      ...createVariant(context, variantId(props.name), props),
    }));
    const mirror = shadow && createVariant(context, variantId(SHADOW), shadow);
    const variants = [{ name: VARIANT, weight, ...live }, ...rivals];
    return {
      machines: [...variants, ...(mirror ? [mirror] : [])].map(({ machine }) => machine),
      config: {
        productionVariants: variants.map(render),
        shadowProductionVariants: mirror && [
          render({ name: SHADOW, weight: (weight * (shadow.samplePercent ?? 100)) / 100, ...mirror }),
        ],
      },
      endpoint: {
        deploymentConfig: renderDeployment(rollout, [
          ...rollbackAlarms,
          ...rivals.flatMap(({ name, machine }) => context.watch(variantId(name), name, machine)),
        ]),
        ...retention(variants.some(({ replicas }) => replicas.scaling)),
      },
      scaled: variants.flatMap(({ name, replicas: { min, scaling } }) =>
        scaling ? [{ variant: name, min, ...scaling }] : [],
      ),
      complete: () => undefined,
      grantInvoke: () => undefined,
    };
  }

  /** Every variant but the endpoint's own, with its path in messages. */
  private further(): { readonly path: string; readonly props: VariantProps }[] {
    const { challengers = [], shadow } = this.options;
    return [
      ...challengers.map((props, index) => ({ path: `hosting.challengers[${index}]`, props })),
      ...(shadow ? [{ path: 'hosting.shadow', props: shadow }] : []),
    ];
  }
}

interface Variant extends HostedModel {
  readonly name: string;
  readonly weight: number;
}

function render(variant: Variant): CfnEndpointConfig.ProductionVariantProperty {
  return renderVariant(variant);
}

function createVariant(context: HostingContext, id: string, props: VariantProps): HostedModel {
  const machine = props.machine ? resolveMachine(props.machine, 'endpoint') : context.live.machine;
  return {
    ...context.createModel(id, props, machine),
    machine,
    replicas: resolveReplicas(props.replicas, machine),
  };
}

function checkVariant(props: VariantProps, live: AwsMachine, path: string): Issue[] {
  const machine = props.machine ? resolveMachine(props.machine, 'endpoint', `${path}.machine`) : live;
  return [
    ...checkModel(props, machine, path),
    ...checkReplicas(props.replicas, machine, LIMITS, `${path}.replicas`),
  ];
}

/** `candidate-b` as `CandidateB`. */
function variantId(name: string): string {
  return name.replace(/(?:^|-)+(.)/g, (_, letter: string) => letter.toUpperCase());
}

function nameIssues(challengers: readonly ChallengerProps[]): Issue[] {
  const taken = new Set([VARIANT, SHADOW]);
  return challengers.flatMap(({ name }, index) => {
    const path = `hosting.challengers[${index}].name`;
    if (taken.has(name))
      return [issue('variant-name', path, `is "${name}", which is taken`, 'Choose another name.')];
    taken.add(name);
    if (/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name)) return [];
    return [
      issue(
        'variant-name',
        path,
        `is "${name}"`,
        'Choose 1 to 63 of letters, digits and "-", with no "-" at either end.',
      ),
    ];
  });
}

function weightIssues(weight: number, challengers: readonly ChallengerProps[]): Issue[] {
  const weights = [
    { path: 'hosting.weight', weight },
    ...challengers.map((props, index) => ({
      path: `hosting.challengers[${index}].weight`,
      weight: props.weight,
    })),
  ];
  return weights
    .filter((entry) => !(entry.weight >= 0 && Number.isFinite(entry.weight)))
    .map((entry) =>
      issue('variant-weight', entry.path, `is ${entry.weight}`, 'Choose a weight of 0 or more.'),
    );
}

function shadowIssues(
  { samplePercent = 100 }: ShadowProps,
  challengers: readonly ChallengerProps[],
): Issue[] {
  const issues: Issue[] = [];
  if (challengers.length > 0) {
    issues.push(
      issue(
        'shadow-variants',
        'hosting.shadow',
        'stands beside challengers; SageMaker takes a shadow beside a single variant',
        'Keep the shadow or the challengers.',
      ),
    );
  }
  if (!(samplePercent > 0 && samplePercent <= 100)) {
    issues.push(
      issue(
        'shadow-share',
        'hosting.shadow.samplePercent',
        `is ${samplePercent}`,
        'Choose above 0 to 100 percent.',
      ),
    );
  }
  return issues;
}
