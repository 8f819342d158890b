import { WorkflowError } from '../../../lib/google/rehearsal/workflow-error';

type Args = Readonly<Record<string, unknown>>;
type Answer = (args: Args) => unknown;

interface Deployed {
  readonly id: string;
  readonly displayName: string;
  readonly model: string;
  readonly modelVersionId: string;
}

interface Version {
  readonly versionId: string;
  readonly aliases: string[];
  labels: Readonly<Record<string, string>>;
}

/** Just enough of Google Cloud to carry out a workflow: objects, jobs, one model, one endpoint. */
export class FakeCloud {
  readonly objects = new Map<string, { readonly body: unknown; readonly generation: string }>();
  readonly versions: Version[] = [];
  readonly deployed: Deployed[] = [];
  readonly log: Args[] = [];
  /** Names of calls, in order. */
  readonly calls: string[] = [];
  /** Shares of the traffic that were asked for, in order. */
  readonly splits: Readonly<Record<string, number>>[] = [];
  split: Readonly<Record<string, number>> = {};
  readonly endpointService = { ...this.service() };
  /** State of the execution that holds the lock. */
  holder = 'ACTIVE';
  decision: 'approve' | 'reject' | undefined = 'approve';
  measured: number | undefined;
  private count = 0;

  /** Does something else than usual at the n-th call of a name, counted from 1. */
  private readonly faults: {
    readonly name: string;
    readonly step?: string;
    left: number;
    readonly fail: Answer;
  }[] = [];

  failing(name: string, fail: Answer, { times = 1, step }: { times?: number; step?: string } = {}): this {
    this.faults.push({ name, step, left: times, fail });
    return this;
  }

  readonly call = (name: string, args: Args): unknown => {
    this.calls.push(name);
    const text = JSON.stringify(args);
    const fault = this.faults.find(
      (each) =>
        each.left > 0 && name.endsWith(each.name) && (each.step === undefined || text.includes(each.step)),
    );
    if (fault) {
      fault.left -= 1;
      const answer = fault.fail(args);
      if (answer !== undefined) return answer;
    }
    const method = Object.entries(this.endpointService).find(([end]) => name.endsWith(end))?.[1];
    if (method === undefined) throw new Error(`nothing answers ${name}`);
    return method(args);
  };

  put(path: string, body: unknown): void {
    this.count += 1;
    this.objects.set(path, { body, generation: String(this.count) });
  }

  get(path: string): unknown {
    return this.objects.get(path)?.body;
  }

  private service(): Record<string, Answer> {
    return {
      'objects.get': ({ alt, object }) => {
        const path = decodeURIComponent(String(object));
        const found = this.objects.get(path);
        if (!found) throw WorkflowError.http(404, `no object ${path}`);
        return alt === 'media' ? found.body : { name: path, generation: found.generation };
      },
      'objects.insert': ({ name, body, ifGenerationMatch }) => {
        if (ifGenerationMatch === '0' && this.objects.has(String(name)))
          throw WorkflowError.http(412, `${String(name)} is there`);
        this.put(String(name), body);
        return {};
      },
      'objects.delete': ({ object, ifGenerationMatch }) => {
        const path = decodeURIComponent(String(object));
        const found = this.objects.get(path);
        if (!found) throw WorkflowError.http(404, `no object ${path}`);
        if (ifGenerationMatch !== undefined && found.generation !== ifGenerationMatch)
          throw WorkflowError.http(412, 'another generation');
        this.objects.delete(path);
        return null;
      },
      'executions.get': () => ({ state: this.holder }),
      'customJobs.create': ({ body }) => ({ name: 'jobs/1', state: 'JOB_STATE_PENDING', body }),
      'customJobs.get': () => ({ name: 'jobs/1', state: 'JOB_STATE_SUCCEEDED' }),
      'customJobs.cancel': () => ({}),
      'hyperparameterTuningJobs.create': () => ({ name: 'jobs/2', state: 'JOB_STATE_PENDING' }),
      'hyperparameterTuningJobs.get': () => ({
        name: 'jobs/2',
        state: 'JOB_STATE_SUCCEEDED',
        studySpec: { metrics: [{ goal: 'MINIMIZE' }] },
        trials: [0.5, 0.2, 0.9].map((value, index) => ({
          id: String(index + 1),
          state: index === 2 ? 'INFEASIBLE' : 'SUCCEEDED',
          finalMeasurement: { metrics: [{ value }] },
        })),
      }),
      'jobs.run': () => ({ succeededCount: 1 }),
      'models.get': ({ name }) => this.model(String(name)),
      'models.upload': ({ body }) => this.upload(body as Args),
      'models.patch': ({ name, body }) => {
        this.version(String(name)).labels = (body as Version).labels;
        return {};
      },
      'models.mergeVersionAliases': ({ name, body }) => {
        this.version(String(name)).aliases.push(...(body as { versionAliases: string[] }).versionAliases);
        return {};
      },
      'endpoints.get': () => ({
        trafficSplit: this.split,
        ...(this.deployed.length > 0 && { deployedModels: [...this.deployed] }),
      }),
      'endpoints.deployModel': ({ body }) => {
        const { deployedModel } = body as { deployedModel: Deployed };
        const [model = '', modelVersionId = ''] = deployedModel.model.split('@');
        this.count += 1;
        this.deployed.push({ ...deployedModel, model, modelVersionId, id: String(this.count) });
        return {};
      },
      'endpoints.patch': ({ body }) => {
        this.split = (body as { trafficSplit: Record<string, number> }).trafficSplit;
        this.splits.push(this.split);
        return {};
      },
      'endpoints.undeployModel': ({ body }) => {
        const { deployedModelId, ...rest } = body as { deployedModelId: string };
        if (Object.keys(rest).length > 0) throw new Error('a split was sent');
        if (this.deployed.length > 1 && (this.split[deployedModelId] ?? 0) > 0)
          throw WorkflowError.http(400, 'it has traffic');
        this.deployed.splice(
          this.deployed.findIndex(({ id }) => id === deployedModelId),
          1,
        );
        if (this.deployed.length === 0) this.split = {};
        return {};
      },
      'events.create_callback_endpoint': () => ({ url: 'https://callback' }),
      'events.await_callback': () => {
        if (this.decision === undefined) throw WorkflowError.of('TimeoutError', 'nobody called');
        return { http_request: { query: { decision: [this.decision] } } };
      },
      'sys.log': (args) => {
        this.log.push(args);
        return null;
      },
      'http.get': () => ({
        body:
          this.measured === undefined
            ? {}
            : { timeSeries: [{ points: [{ value: { doubleValue: this.measured } }] }] },
      }),
    };
  }

  private upload({ model }: Args): object {
    const { labels, versionAliases } = model as { labels: Record<string, string>; versionAliases: string[] };
    this.versions.push({ versionId: String(this.versions.length + 1), aliases: [...versionAliases], labels });
    return {};
  }

  private model(name: string): Version {
    if (name.includes('@')) return this.version(name);
    const [first] = this.versions;
    if (!first) throw WorkflowError.http(404, `no model ${name}`);
    return first;
  }

  private version(name: string): Version {
    const [, version = ''] = name.split('@');
    const found = this.versions.find(
      ({ aliases, versionId }) => versionId === version || aliases.includes(version),
    );
    if (!found) throw WorkflowError.http(404, `no version ${name}`);
    return found;
  }
}
