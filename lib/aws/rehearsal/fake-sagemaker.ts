import { arn } from './resolve-template';
import { failure } from './failure';

/** How an endpoint takes a change. */
export type EndpointConduct = 'obeys' | 'fails' | 'turns-back';

interface Model {
  /** Of its archive, or of the directory of a language model. */
  readonly dataUri: string;
  readonly roleArn: string;
}

interface Config {
  readonly model: string;
  readonly machine: string;
  readonly variant: string;
  /** Where requests are recorded. */
  readonly capture?: string;
  /** Where answers are put; absent where they are given at once. */
  readonly queue?: Queue;
}

/** Where an asynchronous endpoint puts what became of a request, `s3://…/`. */
export interface Queue {
  readonly answers: string;
  readonly failures: string;
}

/** Where an endpoint records its requests, and as which role. */
export interface Recording {
  readonly uri: string;
  readonly roleArn: string;
}

type Parameters = Readonly<Record<string, unknown>>;

interface AsyncParameters {
  readonly OutputConfig: { readonly S3OutputPath: string; readonly S3FailurePath: string };
}

interface ContainerParameters {
  readonly ModelDataUrl?: string;
  readonly ModelDataSource?: { readonly S3DataSource: { readonly S3Uri: string } };
}

/** Models, configurations, one endpoint and one registry of SageMaker. */
export class FakeSageMaker {
  readonly models: Map<string, Model>;
  readonly configs: Map<string, Config>;
  /** Approval of each version in the registry, by ARN. */
  readonly packages: Map<string, string>;
  endpoint: { name: string; config: string; status: string; next: string[] } | undefined;
  conduct: EndpointConduct = 'obeys';
  private scaling: boolean;

  /** @param from what it begins with */
  constructor(from?: FakeSageMaker) {
    this.models = new Map(from?.models);
    this.configs = new Map(from?.configs);
    this.packages = new Map(from?.packages);
    this.endpoint = from?.endpoint && { ...from.endpoint, next: [...from.endpoint.next] };
    this.scaling = from?.scaling ?? false;
  }

  /** Where the model is that the endpoint serves. */
  servedData(): string | undefined {
    const config = this.configs.get(this.endpoint?.config ?? '');
    return config && this.models.get(config.model)?.dataUri;
  }

  /** The queue of an asynchronous endpoint, with the role that it works in. */
  queue(): (Queue & { readonly roleArn: string }) | undefined {
    const config = this.configs.get(this.endpoint?.config ?? '');
    return config?.queue && { ...config.queue, roleArn: this.models.get(config.model)?.roleArn ?? '' };
  }

  /** SageMaker files what an endpoint records by endpoint, variant and hour. */
  recording(): Recording | undefined {
    const config = this.configs.get(this.endpoint?.config ?? '');
    if (config?.capture === undefined) return undefined;
    const { roleArn = '' } = this.models.get(config.model) ?? {};
    const name = this.endpoint?.name ?? '';
    return { uri: `${config.capture.replace(/\/$/, '')}/${name}/${config.variant}/`, roleArn };
  }

  /** Removes the endpoint, its configurations and models, as if someone had. */
  clear(): void {
    this.models.clear();
    this.configs.clear();
    this.endpoint = undefined;
    this.scaling = false;
  }

  answer(action: string, parameters: Parameters): unknown {
    switch (action) {
      case 'createModel':
        return this.createModel(parameters);
      case 'describeModel':
        return this.models.get(parameters.ModelName as string) ?? notFound('model');
      case 'createEndpointConfig':
        return this.createConfig(parameters);
      case 'describeEndpointConfig':
        return (
          this.configs.get(parameters.EndpointConfigName as string) ?? notFound('endpoint configuration')
        );
      case 'createEndpoint':
        return this.createEndpoint(
          parameters.EndpointName as string,
          parameters.EndpointConfigName as string,
        );
      case 'updateEndpoint':
        return this.updateEndpoint(parameters.EndpointConfigName as string);
      case 'describeEndpoint':
        return this.describeEndpoint();
      case 'deleteEndpoint':
        if (this.endpoint) this.change('Deleting', ['Gone']);
        return {};
      case 'createModelPackage':
        return this.createPackage(parameters);
      case 'updateModelPackage':
        this.packages.set(parameters.ModelPackageArn as string, parameters.ModelApprovalStatus as string);
        return {};
      case 'describeModelPackage':
        return {
          ModelApprovalStatus:
            this.packages.get(parameters.ModelPackageName as string) ?? notFound('version'),
        };
      default:
        throw new Error(`sagemaker:${action} is not rehearsed`);
    }
  }

  answerScaling(action: string): unknown {
    if (action === 'registerScalableTarget') this.scaling = true;
    else if (!this.scaling) {
      throw failure('ApplicationAutoScaling.ObjectNotFoundException', 'No scalable target registered');
    }
    if (action === 'deregisterScalableTarget') this.scaling = false;
    return action === 'putScalingPolicy' ? { PolicyARN: arn('autoscaling', 'scalingPolicy:0123') } : {};
  }

  private createModel({ ExecutionRoleArn, ModelName, PrimaryContainer }: Parameters): unknown {
    const { ModelDataSource, ModelDataUrl } = PrimaryContainer as ContainerParameters;
    this.models.set(ModelName as string, {
      dataUri: ModelDataSource?.S3DataSource.S3Uri ?? ModelDataUrl ?? '',
      roleArn: ExecutionRoleArn as string,
    });
    return {};
  }

  private createConfig({
    AsyncInferenceConfig,
    DataCaptureConfig,
    EndpointConfigName,
    ProductionVariants,
  }: Parameters): unknown {
    const [variant] = ProductionVariants as {
      ModelName: string;
      InstanceType: string;
      VariantName: string;
    }[];
    const { DestinationS3Uri } = (DataCaptureConfig ?? {}) as { DestinationS3Uri?: string };
    if (!variant || !this.models.has(variant.ModelName)) return notFound('model');
    this.configs.set(EndpointConfigName as string, {
      model: variant.ModelName,
      machine: variant.InstanceType,
      variant: variant.VariantName,
      capture: DestinationS3Uri,
      queue: queueOf(AsyncInferenceConfig as AsyncParameters | undefined),
    });
    return {};
  }

  private createEndpoint(name: string, config: string): unknown {
    if (!this.configs.has(config)) return notFound('endpoint configuration');
    const next = [this.conduct === 'fails' ? 'Failed' : 'InService'];
    this.endpoint = { name, config, status: 'Creating', next };
    return {};
  }

  /** SageMaker takes no update while it changes, none of a failed endpoint, and no other machine while it scales. */
  private updateEndpoint(config: string): unknown {
    const { endpoint } = this;
    const wanted = this.configs.get(config) ?? notFound('endpoint configuration');
    if (endpoint?.status !== 'InService')
      throw invalid(`Cannot update endpoint in status ${endpoint?.status ?? 'none'}`);
    if (this.scaling && wanted.machine !== this.configs.get(endpoint.config)?.machine) {
      throw invalid('The variant is registered as a scalable target');
    }
    if (this.conduct === 'turns-back') {
      this.change('Updating', ['RollingBack', 'InService']);
      this.conduct = 'obeys';
      return {};
    }
    this.change('Updating', ['InService']);
    endpoint.config = config;
    return {};
  }

  private change(status: string, next: string[]): void {
    if (this.endpoint) Object.assign(this.endpoint, { status, next });
  }

  /** Each look finds the endpoint one status further. */
  private describeEndpoint(): unknown {
    if (!this.endpoint) return notFound('endpoint');
    const { config, next, status } = this.endpoint;
    this.endpoint.status = next.shift() ?? status;
    if (this.endpoint.status === 'Gone') this.endpoint = undefined;
    return { EndpointStatus: status, EndpointConfigName: config };
  }

  private createPackage({ ModelPackageGroupName, ModelApprovalStatus }: Parameters): unknown {
    const ModelPackageArn = arn(
      'sagemaker',
      `model-package/${String(ModelPackageGroupName)}/${this.packages.size + 1}`,
    );
    this.packages.set(ModelPackageArn, ModelApprovalStatus as string);
    return { ModelPackageArn };
  }
}

function queueOf(parameters: AsyncParameters | undefined): Queue | undefined {
  if (parameters === undefined) return undefined;
  const { S3FailurePath, S3OutputPath } = parameters.OutputConfig;
  return { answers: S3OutputPath, failures: S3FailurePath };
}

function notFound(what: string): never {
  throw invalid(`Could not find ${what}`);
}

function invalid(cause: string): Error {
  return failure('SageMaker.SageMakerException', cause);
}
