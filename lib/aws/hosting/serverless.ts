import type { Construct } from 'constructs';
import { type AwsMachine, memoryNeeded } from '../../hardware';
import { type Issue, issue } from '../../issue';
import { VARIANT } from '../endpoint-settings';
import { ServedLanguageModel } from '../served-language-model';
import { checkQueue } from './queue';
import type { HostingBinding, HostingContext, HostingMode, HostingRequest } from './hosting-mode';

export interface ServerlessOptions {
  /** Memory of one instance: SageMaker gives CPU in proportion. */
  readonly memoryGiB: 1 | 2 | 3 | 4 | 5 | 6;
  /** Requests at the same time, 1 to 200; more are refused. */
  readonly maxConcurrency: number;
  /** Instances that are kept warm, at most `maxConcurrency`. @default - none: first requests wait */
  readonly provisionedConcurrency?: number;
}

const GIB = 2 ** 30;

/** Limits of https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html */
const MAX_CONCURRENCY = 200;

/** Why SageMaker's serverless endpoints do not take these. */
const WITHOUT: Readonly<Record<string, string>> = {
  machine: 'a serverless endpoint has no machine to choose, and no GPU',
  replicas: 'a serverless endpoint scales by itself, up to maxConcurrency',
  release: 'a serverless endpoint moves all at once; SageMaker has no guardrails for it',
  capture: 'SageMaker records no requests of a serverless endpoint',
  network: 'a serverless endpoint runs in no VPC',
  encryptionKey: 'a serverless endpoint has no disk of yours to encrypt',
  executionProvider: 'a serverless endpoint has no GPU',
  resources: 'SageMaker measures no machine of a serverless endpoint',
};

/** Runs on CPU while there are requests, and costs nothing while there are none. */
export class Serverless implements HostingMode {
  static readonly MAX_CONCURRENCY = MAX_CONCURRENCY;
  static readonly MEMORY_GIB = [1, 2, 3, 4, 5, 6] as const;

  readonly invokeActions = ['sagemaker:InvokeEndpoint'];
  readonly machine: AwsMachine;

  constructor(private readonly options: ServerlessOptions) {
    this.machine = describeMemory(options.memoryGiB);
  }

  check({ given, artifact }: HostingRequest): Issue[] {
    return [
      ...checkQueue(given),
      ...Object.entries(WITHOUT)
        .filter(([prop]) => given.includes(prop))
        .map(([prop, reason]) =>
          issue('serverless-without', prop, `is not taken: ${reason}`, 'Leave it out.'),
        ),
      ...this.rangeIssues(),
      ...(artifact instanceof ServedLanguageModel
        ? [
            issue(
              'serverless-language-model',
              'artifact',
              'needs a GPU',
              'Choose Hosting.realTime() or Hosting.components().',
            ),
          ]
        : this.sizeIssues(artifact.bytes)),
    ];
  }

  bind(_scope: Construct, { live }: HostingContext): HostingBinding {
    const { memoryGiB, maxConcurrency, provisionedConcurrency } = this.options;
    return {
      machines: [],
      config: {
        productionVariants: [
          {
            variantName: VARIANT,
            modelName: live.modelName,
            initialVariantWeight: 1,
            serverlessConfig: { memorySizeInMb: memoryGiB * 1024, maxConcurrency, provisionedConcurrency },
          },
        ],
      },
      endpoint: {},
      scaled: [],
      complete: () => undefined,
      grantInvoke: () => undefined,
    };
  }

  private rangeIssues(): Issue[] {
    const { memoryGiB, maxConcurrency, provisionedConcurrency = 1 } = this.options;
    const whole = (value: number, max: number) => Number.isInteger(value) && value >= 1 && value <= max;
    const range = (field: string, value: number, max: number) =>
      whole(value, max)
        ? []
        : [
            issue(
              'serverless-range',
              `hosting.${field}`,
              `is ${value}`,
              `Choose a whole number from 1 to ${max}.`,
            ),
          ];
    return [
      ...range('memoryGiB', memoryGiB, 6),
      ...range('maxConcurrency', maxConcurrency, MAX_CONCURRENCY),
      ...range('provisionedConcurrency', provisionedConcurrency, Math.min(maxConcurrency, MAX_CONCURRENCY)),
    ];
  }

  private sizeIssues(bytes: number): Issue[] {
    const needed = memoryNeeded(bytes, 'cpu');
    const { memoryGiB } = this.options;
    if (needed <= memoryGiB) return [];
    const size = (bytes / GIB).toFixed(1);
    return [
      issue(
        'serverless-memory',
        'hosting.memoryGiB',
        `is ${memoryGiB}; serving a model of ${size} GiB takes about ${needed.toFixed(1)} GiB of memory`,
        needed <= 6
          ? `Choose ${Math.ceil(needed)}.`
          : 'Choose Hosting.realTime() with a machine that has the memory.',
      ),
    ];
  }
}

/** Stands for an instance where a machine is described. */
function describeMemory(memoryGiB: number): AwsMachine {
  return {
    cloud: 'aws',
    name: `serverless with ${memoryGiB} GiB`,
    uses: ['endpoint'],
    accelerator: 'cpu',
    accelerators: 0,
    vcpus: 1,
    memoryGiB,
    localNvme: false,
    efa: false,
  };
}
