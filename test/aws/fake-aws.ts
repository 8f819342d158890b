import { failure, type Service } from './run-machine';

export interface FakeAwsOptions {
  /** What tasks fail with, by state; an array is used up call by call. */
  readonly failures?: Readonly<Record<string, Error | Error[]>>;
  /** Verdicts of gates; a gate that is not named accepts. */
  readonly verdicts?: Readonly<Record<string, boolean>>;
  /** The endpoint before the run. */
  readonly endpoint?: { readonly config: string; readonly status?: string };
  /** A deployment ends in service, but on the configuration before. */
  readonly turnsBack?: boolean;
}

interface Call {
  readonly action: string;
  readonly state: string;
  readonly parameters: Record<string, unknown>;
}

/** The services of a run, as far as its tasks see them. */
export class FakeAws {
  readonly calls: Call[] = [];
  endpoint: { config: string; status: string } | undefined;

  constructor(private readonly options: FakeAwsOptions = {}) {
    const { endpoint } = options;
    this.endpoint = endpoint && { status: 'InService', ...endpoint };
  }

  readonly service: Service = (action, parameters, state) => {
    this.calls.push({ action, state, parameters });
    const planned = this.options.failures?.[state];
    const error = Array.isArray(planned) ? planned.shift() : planned;
    if (error) throw error;
    return this.answer(action, parameters, state);
  };

  /** Parameters of the one call of an action. */
  call(action: string): Record<string, unknown> {
    const calls = this.calls.filter((call) => call.action === action);
    if (calls.length !== 1 || !calls[0]) throw new Error(`${action} was called ${calls.length} times`);
    return calls[0].parameters;
  }

  actions(): string[] {
    return this.calls.map(({ action }) => action);
  }

  private answer(action: string, parameters: Record<string, unknown>, state: string): unknown {
    switch (action) {
      case 'lambda:invoke':
        return { Payload: this.invoke(state) };
      case 'sagemaker:createTrainingJob.sync':
        return {
          ...parameters,
          ModelArtifacts: { S3ModelArtifacts: 's3://store/runs/run-1/training/train/job/output/model/' },
        };
      case 'sagemaker:createModelPackage':
        return { ModelPackageArn: 'arn:aws:sagemaker:eu-central-1:123456789012:model-package/group/1' };
      case 'sagemaker:describeModel':
      case 'sagemaker:describeEndpointConfig':
        throw failure('SageMaker.SageMakerException', 'Could not find it');
      case 'sagemaker:describeEndpoint':
        return this.describe();
      case 'sagemaker:createEndpoint':
        this.endpoint = { config: parameters.EndpointConfigName as string, status: 'Creating' };
        return { EndpointArn: 'arn' };
      case 'sagemaker:updateEndpoint':
        this.update(parameters.EndpointConfigName as string);
        return { EndpointArn: 'arn' };
      case 'sagemaker:deleteEndpoint':
        this.endpoint = undefined;
        return {};
      default:
        return {};
    }
  }

  private invoke(state: string): unknown {
    const version = 'a1b2c3d4e5f6';
    const modelUri = `s3://store/models/${version}/`;
    if (state === 'register') {
      return {
        version,
        digest: 'f'.repeat(64),
        modelUri,
        archiveUri: `${modelUri}model.tar.gz`,
        metrics: {},
      };
    }
    return { passed: this.options.verdicts?.[state] ?? true, checks: [{ metric: 'f1', passed: false }] };
  }

  /** An endpoint that changes is done at the second look. */
  private describe(): unknown {
    if (!this.endpoint) throw failure('SageMaker.SageMakerException', 'Could not find endpoint');
    const { config, status } = this.endpoint;
    this.endpoint.status = 'InService';
    return { EndpointStatus: status, EndpointConfigName: config };
  }

  private update(config: string): void {
    const before = this.endpoint?.config ?? '';
    this.endpoint = { config: this.options.turnsBack ? before : config, status: 'Updating' };
  }
}
