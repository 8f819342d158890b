import { argumentIssues, METHODS } from './connector-methods';
import type { FakeService } from './fake-service';
import type { FakeStore, Guard } from './fake-store';
import type { FakeVertex } from './fake-vertex';
import type { Authorizer, Target } from './policies';
import type { Trial } from './rehearsed-jobs';
import { RequestTypes } from './request-check';
import { REST_MESSAGES } from './rest-messages';
import { callService } from './service-calls';
import { WorkflowError } from './workflow-error';

type Arguments = Readonly<Record<string, unknown>>;

/** A call of a workflow. */
export interface Call {
  readonly name: string;
  readonly step: string;
  readonly args: Arguments;
}

/** A job that is started: which account it acts as, and its container's command. */
export interface StartedJob {
  readonly account: string;
  readonly words: readonly string[];
}

/** A job of Cloud Run, as the stack makes it. */
export interface CloudRunJob {
  readonly account: string;
  readonly command: readonly string[];
}

/** What the job's machine does, where it is not there for the whole of it. */
export type LostMachine = 'machine-taken' | 'no-capacity';

export interface ConnectorsProps {
  readonly store: FakeStore;
  readonly vertex: FakeVertex;
  /** Of Cloud Run. @default - there is none */
  readonly service?: FakeService;
  readonly authorizer: Authorizer;
  /** Account that the workflow acts as. */
  readonly account: string;
  /** `projects/<id>` */
  readonly projectName: string;
  /** By their full names. */
  readonly cloudRunJobs: ReadonlyMap<string, CloudRunJob>;
  readonly types: Readonly<Record<'aiplatform' | 'run', RequestTypes>>;
  /** Carries a job out; throws the cause where it fails. */
  readonly runJob: (job: StartedJob) => Promise<void>;
  readonly runTrials: (job: StartedJob) => Promise<readonly Trial[]>;
  /** Whether a job loses its machine: asked as each begins. */
  readonly loses: (job: StartedJob) => LostMachine | undefined;
  /** Fetches what was deployed last, in the name of the endpoint's account. */
  readonly load: (account: string) => void;
  /** Answers `tables.get` and `jobs.insert` of BigQuery, in the name of the workflow. @default - there is none */
  readonly bigquery?: (method: string, args: Arguments, guard: Guard) => unknown;
  /** Parameters of the query that an approval's callback comes with; `undefined` where nobody answers. */
  readonly answer: () => Readonly<Record<string, string>> | undefined;
}

/** A run does not take more calls than this, unless it goes in circles. */
const MAX_CALLS = 500;

const VERTEX = 'aiplatform.v1.projects.locations.';
const SERVICES = 'run.v2.projects.locations.services.';

const REST = RequestTypes.from(REST_MESSAGES);

/** How operations and jobs say what became of them: https://cloud.google.com/apis/design/errors */
const CODES = { 'machine-taken': 14, 'no-capacity': 8, 'program-failed': 3 } as const;

/** Google's services as one workflow sees them, with every call held to its definition and to IAM. */
export class Connectors {
  readonly calls: Call[] = [];
  /** What the workflow and its jobs wrote to the log. */
  readonly log: string[] = [];
  /** States of other executions by name, look by look; the last one stays. */
  readonly executions = new Map<string, string[]>();
  /** Executions as they are listed, by their workflow, the newest first. */
  readonly runs = new Map<string, object[]>();
  private readonly jobs = new Map<string, Arguments>();

  constructor(private readonly props: ConnectorsProps) {}

  /**
   * @throws WorkflowError where the service refuses it, or it fails
   * @throws Error where it is no call of the service
   */
  call(name: string, args: Arguments, step: string): unknown {
    this.calls.push({ name, step, args });
    if (this.calls.length > MAX_CALLS) throw new Error('the workflow goes in circles');
    switch (name) {
      case 'sys.log':
        this.guard('logging.logEntries.create', { scope: 'project' });
        this.log.push(JSON.stringify(args.json ?? args.data));
        return null;
      case 'events.create_callback_endpoint':
        return { url: 'https://workflowexecutions.googleapis.com/v1/callbacks/1' };
      case 'events.await_callback':
        return this.awaitCallback();
      case 'http.get':
        return this.measure(args);
      default:
        return this.connector(name.replace(/^googleapis\./, ''), args);
    }
  }

  /** Judges accesses in the name of a service account. */
  guardOf(account: string): Guard {
    return (permission, target) => {
      if (this.props.authorizer.allows(account, permission, target)) return;
      throw WorkflowError.http(403, `${account} may not ${permission} on ${target.name ?? target.scope}`);
    };
  }

  private guard(permission: string, target: Target): void {
    this.guardOf(this.props.account)(permission, target);
  }

  private connector(name: string, args: Arguments): unknown {
    const method = METHODS[name];
    if (method === undefined) throw new Error(`${name} is not rehearsed`);
    const [library, type] = method.body ?? [];
    const issues = [
      ...argumentIssues(name, method, args),
      ...(library && type ? this.typesOf(library).check(type, args.body) : []),
    ];
    if (issues.length > 0) throw new Error(`${name}: ${issues.join('; ')}`);
    const resource = ((args.name ?? args.parent ?? '') as string).replace(
      /^projects\/[^/]+/,
      this.props.projectName,
    );
    for (const permission of method.permissions ?? [])
      this.guard(permission, { scope: 'project', name: resource });
    if (name.startsWith('storage.')) {
      return this.props.store.answer(name.split('.').at(-1) ?? '', args, this.guardOf(this.props.account));
    }
    if (name.startsWith(SERVICES)) {
      return callService(name.slice(SERVICES.length), args, this.props, this.guardOf(this.props.account));
    }
    if (name.startsWith('run.')) return this.runCloudRunJob(args);
    if (name.startsWith('workflowexecutions.')) return this.execution(name.split('.').at(-1) ?? '', args);
    if (name.startsWith('bigquery.')) {
      if (this.props.bigquery === undefined) throw new Error(`${name} is not rehearsed`);
      return this.props.bigquery(name, args, this.guardOf(this.props.account));
    }
    return this.vertex(name.slice(VERTEX.length), args);
  }

  private typesOf(library: 'aiplatform' | 'run' | 'rest'): RequestTypes {
    return library === 'rest' ? REST : this.props.types[library];
  }

  private execution(method: string, args: Arguments): unknown {
    if (method === 'get') return this.describeExecution(args.name as string);
    const parent = args.parent as string;
    const runs = this.runs.get(parent) ?? [];
    if (method === 'list')
      return runs.length === 0 ? {} : { executions: runs.slice(0, args.pageSize as number) };
    const started = { name: `${parent}/executions/started-${runs.length + 1}`, state: 'ACTIVE' };
    this.runs.set(parent, [started, ...runs]);
    return started;
  }

  private async vertex(method: string, args: Arguments): Promise<unknown> {
    const [collection = '', verb] = method.split('.');
    if (!collection.endsWith('Jobs')) {
      const { deployedModel } = (args.body ?? {}) as { deployedModel?: { serviceAccount?: string } };
      if (deployedModel) this.actAs(deployedModel.serviceAccount ?? '');
      const answer = this.props.vertex.answer(method, args);
      if (deployedModel) this.props.load(deployedModel.serviceAccount ?? '');
      return answer;
    }
    if (verb === 'create') return this.createJob(collection, args);
    const job = this.jobs.get(args.name as string);
    if (job === undefined) throw WorkflowError.http(404, `no job ${String(args.name)}`);
    // It runs for as long as one look.
    const { seen, ...described } = job;
    this.jobs.set(args.name as string, { ...described, seen: true });
    return seen === true ? described : { ...described, error: undefined, state: 'JOB_STATE_RUNNING' };
  }

  private async createJob(collection: string, { body, parent }: Arguments): Promise<unknown> {
    const name = `${String(parent)}/${collection}/${this.jobs.size + 1}`;
    const { jobSpec, trialJobSpec } = body as Record<string, JobSpec | undefined>;
    const spec = jobSpec ?? trialJobSpec;
    const [container] = spec?.workerPoolSpecs.map((pool) => pool.containerSpec) ?? [];
    const account = spec?.serviceAccount ?? '';
    this.actAs(account);
    const job = { account, words: [...(container?.command ?? []), ...(container?.args ?? [])] };
    const described = {
      ...(body as object),
      name,
      ...(await this.carryOut(job, trialJobSpec !== undefined)),
    };
    this.jobs.set(name, described);
    return { ...described, error: undefined, trials: undefined, state: 'JOB_STATE_PENDING' };
  }

  /** @returns what Vertex AI says of the job in the end */
  private async carryOut(job: StartedJob, tunes: boolean): Promise<Arguments> {
    const lost = this.props.loses(job);
    if (lost) return { state: 'JOB_STATE_FAILED', error: { code: CODES[lost], message: lost } };
    try {
      if (tunes) return { state: 'JOB_STATE_SUCCEEDED', trials: await this.props.runTrials(job) };
      await this.props.runJob(job);
      return { state: 'JOB_STATE_SUCCEEDED' };
    } catch (error) {
      this.log.push(causeOf(error));
      const message = 'The replica workerpool0-0 exited with a non-zero status of 1.';
      return { state: 'JOB_STATE_FAILED', error: { code: CODES['program-failed'], message } };
    }
  }

  private async runCloudRunJob({ body, name }: Arguments): Promise<unknown> {
    const job = this.props.cloudRunJobs.get(name as string);
    if (job === undefined) throw WorkflowError.http(404, `no job ${String(name)}`);
    const target = { scope: `job:${(name as string).split('/').at(-1) ?? ''}` };
    this.guard('run.jobs.run', target);
    this.guard('run.operations.get', { scope: 'project' });
    const { overrides } = body as { overrides?: { containerOverrides?: { args?: string[] }[] } };
    if (overrides) this.guard('run.jobs.runWithOverrides', target);
    const args = overrides?.containerOverrides?.[0]?.args ?? [];
    const started = { account: job.account, words: [...job.command, ...args] };
    const lost = this.props.loses(started);
    if (lost) throw operationFailed(CODES[lost], lost);
    try {
      await this.props.runJob(started);
    } catch (error) {
      this.log.push(causeOf(error));
      throw operationFailed(CODES['program-failed'], 'The container exited with an error.');
    }
    return { name: `${String(name)}/executions/${this.calls.length}`, succeededCount: 1 };
  }

  private actAs(account: string): void {
    this.guard('iam.serviceAccounts.actAs', { scope: `account:${account}` });
  }

  private describeExecution(name: string): unknown {
    const states = this.executions.get(name);
    const state = states && states.length > 1 ? states.shift() : states?.[0];
    if (state === undefined) throw WorkflowError.http(404, `no execution ${name}`);
    return { name, state };
  }

  private awaitCallback(): unknown {
    const query = this.props.answer();
    if (query === undefined)
      throw new WorkflowError({ message: 'callback timed out', tags: ['TimeoutError'] });
    return { type: 'HTTP', http_request: { method: 'POST', query } };
  }

  /** Nothing was measured beyond what a healthy endpoint measures. */
  private measure({ auth, query, url }: Arguments): unknown {
    const wanted = `https://monitoring.googleapis.com/v3/${this.props.projectName}/timeSeries`;
    if (url !== wanted) throw new Error(`${String(url)} is not rehearsed`);
    if ((auth as { type?: string } | undefined)?.type !== 'OAuth2') throw WorkflowError.http(401, 'no token');
    const missing = ['filter', 'interval.startTime', 'interval.endTime'].filter(
      (name) => typeof (query as Arguments | undefined)?.[name] !== 'string',
    );
    if (missing.length > 0) throw new Error(`timeSeries.list without ${missing.join(', ')}`);
    this.guard('monitoring.timeSeries.list', { scope: 'project' });
    return { code: 200, body: { timeSeries: [{ points: [{ value: { doubleValue: 0 } }] }] } };
  }
}

interface JobSpec {
  readonly serviceAccount?: string;
  readonly workerPoolSpecs: readonly {
    readonly containerSpec?: { readonly command?: readonly string[]; readonly args?: readonly string[] };
  }[];
}

function operationFailed(code: number, message: string): WorkflowError {
  return new WorkflowError({
    message,
    tags: ['OperationError'],
    operation: { done: true, error: { code, message } },
  });
}

function causeOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
