import { arn } from './resolve-template';
import { failure } from './interpreter';

/** How an endpoint takes a change. */
export type EndpointConduct = 'obeys' | 'fails' | 'turns-back';

interface Model {
  readonly archiveUri: string;
}

interface Config {
  readonly model: string;
  readonly machine: string;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Models, configurations, one endpoint and one registry of SageMaker. */
export class FakeSageMaker {
  readonly models: Map<string, Model>;
  readonly configs: Map<string, Config>;
  /** Approval of each version in the registry, by ARN. */
  readonly packages: Map<string, string>;
  endpoint: { config: string; status: string; next: string[] } | undefined;
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

  /** Archive of the model that the endpoint serves. */
  servedArchive(): string | undefined {
    const config = this.configs.get(this.endpoint?.config ?? '');
    return config && this.models.get(config.model)?.archiveUri;
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
        return this.createEndpoint(parameters.EndpointConfigName as string);
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
    return {};
  }

  private createModel({ ModelName, PrimaryContainer }: Parameters): unknown {
    const { ModelDataUrl } = PrimaryContainer as { ModelDataUrl: string };
    this.models.set(ModelName as string, { archiveUri: ModelDataUrl });
    return {};
  }

  private createConfig({ EndpointConfigName, ProductionVariants }: Parameters): unknown {
    const [variant] = ProductionVariants as { ModelName: string; InstanceType: string }[];
    if (!variant || !this.models.has(variant.ModelName)) return notFound('model');
    this.configs.set(EndpointConfigName as string, {
      model: variant.ModelName,
      machine: variant.InstanceType,
    });
    return {};
  }

  private createEndpoint(config: string): unknown {
    if (!this.configs.has(config)) return notFound('endpoint configuration');
    this.endpoint = { config, status: 'Creating', next: [this.conduct === 'fails' ? 'Failed' : 'InService'] };
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

function notFound(what: string): never {
  throw invalid(`Could not find ${what}`);
}

function invalid(cause: string): Error {
  return failure('SageMaker.SageMakerException', cause);
}
