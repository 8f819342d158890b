import type { Answering, EndpointConduct, FakeEndpoint } from './fake-endpoint';
import { WorkflowError } from './workflow-error';

interface Version {
  readonly versionId: string;
  readonly artifactUri: string;
  readonly aliases: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

interface DeployedModel {
  readonly id: string;
  readonly model: string;
  readonly modelVersionId: string;
  readonly displayName: string;
}

type Arguments = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, unknown>>;

/** FAILED_PRECONDITION, as an operation that failed says it. */
const SERVER_EXITED = { code: 9, message: 'Model server exited unexpectedly.' };

/** The registry of Vertex AI, and one endpoint. */
export class FakeVertex implements FakeEndpoint {
  conduct: EndpointConduct = 'obeys';
  /** Versions by the model's resource name. */
  private readonly models: Map<string, readonly Version[]>;
  private deployed: readonly DeployedModel[];
  private split: Readonly<Record<string, number>>;
  private deployments: number;

  /**
   * @param endpointName of the endpoint that the stack makes; empty where it makes none
   * @param from what it begins with
   */
  constructor(
    private readonly endpointName: string,
    from?: FakeVertex,
  ) {
    this.models = new Map(from?.models);
    this.deployed = from?.deployed ?? [];
    this.split = from?.split ?? {};
    this.deployments = from?.deployments ?? 0;
  }

  servedUri(): string | undefined {
    const [live] = [...this.deployed].sort((a, b) => this.percentOf(b) - this.percentOf(a));
    if (live === undefined || this.percentOf(live) === 0) return undefined;
    return this.versionOf(`${live.model}@${live.modelVersionId}`)?.artifactUri;
  }

  deployedUri(): string | undefined {
    const last = this.deployed.at(-1);
    return last && this.versionOf(`${last.model}@${last.modelVersionId}`)?.artifactUri;
  }

  answering(url: string): Answering {
    if (!url.includes(`/${this.endpointName}:`)) throw new Error(`${url} is no endpoint`);
    const permission = 'aiplatform.endpoints.predict';
    return { uri: this.servedUri(), permission, target: { scope: 'project' } };
  }

  clear(): void {
    this.deployed = [];
    this.split = {};
  }

  /** Terraform cannot destroy an endpoint with models on it. */
  holding(): string | undefined {
    return this.deployed.at(0)?.displayName;
  }

  /** Answers `googleapis.aiplatform.v1.projects.locations.<method>`. */
  answer(method: string, args: Arguments): unknown {
    const body = (args.body ?? {}) as Body;
    switch (method) {
      case 'models.upload':
        return this.upload(String(args.parent), body);
      case 'models.get':
        return this.describe(String(args.name));
      case 'models.patch':
        return this.change(String(args.name), { labels: body.labels as Version['labels'] });
      case 'models.mergeVersionAliases':
        return this.giveAliases(String(args.name), body.versionAliases as string[]);
    }
    if ((args.endpoint ?? args.name) !== this.endpointName)
      throw WorkflowError.http(404, `no endpoint ${String(args.endpoint ?? args.name)}`);
    switch (method) {
      case 'endpoints.get':
        return { name: this.endpointName, deployedModels: this.deployed, trafficSplit: this.split };
      case 'endpoints.deployModel':
        return this.deploy(body.deployedModel as Body);
      case 'endpoints.undeployModel':
        return this.undeploy(body.deployedModelId as string);
      case 'endpoints.patch':
        return this.move(body.trafficSplit as Record<string, number>);
      default:
        throw new Error(`${method} is not rehearsed`);
    }
  }

  private upload(parent: string, { model, modelId, parentModel }: Body): unknown {
    const name = (parentModel as string | undefined) ?? `${parent}/models/${String(modelId)}`;
    const there = this.models.get(name);
    if (parentModel !== undefined && there === undefined) throw WorkflowError.http(404, `no model ${name}`);
    if (modelId !== undefined && there !== undefined)
      throw WorkflowError.http(409, `there is a model ${name}`);
    const {
      artifactUri,
      labels = {},
      versionAliases = [],
    } = model as {
      artifactUri: string;
      labels?: Version['labels'];
      versionAliases?: string[];
    };
    const versions = there ?? [];
    const versionId = String(versions.length + 1);
    const aliases = versions.length === 0 ? ['default', ...versionAliases] : versionAliases;
    this.models.set(name, [...versions, { versionId, artifactUri, aliases, labels }]);
    return { response: { model: name, modelVersionId: versionId } };
  }

  private describe(name: string): unknown {
    const version = this.versionOf(name);
    if (version === undefined) throw WorkflowError.http(404, `no model ${name}`);
    const { aliases: versionAliases, ...rest } = version;
    return { name: modelOf(name), versionAliases, ...rest };
  }

  private versionOf(name: string): Version | undefined {
    const [, wanted = 'default'] = name.split('@');
    return this.models
      .get(modelOf(name))
      ?.find(({ aliases, versionId }) => versionId === wanted || aliases.includes(wanted));
  }

  private change(name: string, changed: Partial<Version>): unknown {
    const version = this.versionOf(name);
    if (version === undefined) throw WorkflowError.http(404, `no model ${name}`);
    const versions = this.models.get(modelOf(name)) ?? [];
    this.models.set(
      modelOf(name),
      versions.map((each) => (each === version ? { ...each, ...changed } : each)),
    );
    return this.describe(name);
  }

  /** An alias names one version: it leaves the one that had it. */
  private giveAliases(name: string, aliases: readonly string[]): unknown {
    const versions = this.models.get(modelOf(name)) ?? [];
    this.models.set(
      modelOf(name),
      versions.map((each) => ({
        ...each,
        aliases: each.aliases.filter((alias) => !aliases.includes(alias)),
      })),
    );
    return this.change(name, { aliases: [...(this.versionOf(name)?.aliases ?? []), ...aliases] });
  }

  /** Traffic stays as it is where no split comes with it. */
  private deploy({ displayName, model, ...rest }: Body): unknown {
    const version = this.versionOf(String(model));
    if (version === undefined) throw WorkflowError.http(404, `no model ${String(model)}`);
    if (this.conduct === 'fails') {
      throw new WorkflowError({
        message: SERVER_EXITED.message,
        tags: ['OperationError'],
        operation: { done: true, error: SERVER_EXITED },
      });
    }
    this.deployments += 1;
    const id = String(1_000_000 + this.deployments);
    const modelVersionId = version.versionId;
    const deployed = { ...rest, id, model: modelOf(String(model)), modelVersionId };
    this.deployed = [...this.deployed, { ...deployed, displayName: String(displayName) }];
    return { response: { deployedModel: deployed } };
  }

  private undeploy(id: string): unknown {
    const model = this.deployed.find((each) => each.id === id);
    if (model === undefined) throw WorkflowError.http(404, `no deployed model ${id}`);
    if (this.percentOf(model) > 0 && this.deployed.length > 1)
      throw WorkflowError.http(400, `the deployed model ${id} has traffic`);
    this.deployed = this.deployed.filter((each) => each.id !== id);
    this.split = Object.fromEntries(Object.entries(this.split).filter(([key]) => key !== id));
    return {};
  }

  private move(split: Readonly<Record<string, number>>): unknown {
    const sum = Object.values(split).reduce((total, percent) => total + percent, 0);
    const unknown = Object.keys(split).filter((id) => !this.deployed.some((model) => model.id === id));
    if (sum !== 100 || unknown.length > 0)
      throw WorkflowError.http(400, `no split of the traffic: ${JSON.stringify(split)}`);
    if (this.conduct === 'turns-back') this.conduct = 'obeys';
    else this.split = split;
    return { name: this.endpointName, deployedModels: this.deployed, trafficSplit: this.split };
  }

  private percentOf({ id }: Pick<DeployedModel, 'id'>): number {
    return this.split[id] ?? 0;
  }
}

function modelOf(name: string): string {
  return name.split('@')[0] ?? name;
}
