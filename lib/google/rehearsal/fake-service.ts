import type { Answering, EndpointConduct, FakeEndpoint } from './fake-endpoint';
import { WorkflowError } from './workflow-error';

interface Share {
  readonly type: string;
  readonly revision?: string;
  readonly percent?: number;
  readonly tag?: string;
}

type Body = Readonly<Record<string, unknown>>;

const LATEST = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';

/** INTERNAL, as the operation says it where a container does not answer in time. */
const NOT_READY = {
  code: 13,
  message: 'The user-provided container failed to start and listen on the port.',
};

/**
 * One service of Cloud Run, with the revision that Terraform makes:
 * https://docs.cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
 */
export class FakeService implements FakeEndpoint {
  conduct: EndpointConduct = 'obeys';
  private readonly id: string;
  /** Templates by the revision's name, in the order that they were deployed in. */
  private revisions: ReadonlyMap<string, Body>;
  private shares: readonly Share[];

  /**
   * @param serviceName of the service that the stack makes
   * @param from what it begins with
   */
  constructor(
    private readonly serviceName: string,
    from?: FakeService,
  ) {
    this.id = serviceName.slice(serviceName.lastIndexOf('/') + 1);
    this.revisions = from?.revisions ?? this.placeholder();
    this.shares = from?.shares ?? [{ type: LATEST, percent: 100 }];
  }

  servedUri(): string | undefined {
    const [most] = [...this.shares].sort((a, b) => (b.percent ?? 0) - (a.percent ?? 0));
    return most && this.uriOf(most);
  }

  deployedUri(): string | undefined {
    return this.uriOf({ type: LATEST });
  }

  /** A tag is an address of its own: `https://<tag>---<service>-<project number>.<region>.run.app`. */
  answering(url: string): Answering {
    const [host = ''] = new URL(url).host.split('.');
    const [name = '', tag] = host.split('---').reverse();
    if (!name.startsWith(`${this.id}-`)) throw new Error(`${url} is no endpoint`);
    const share = this.shares.find((each) => each.tag === tag);
    const uri = tag === undefined ? this.servedUri() : share && this.uriOf(share);
    return { uri, permission: 'run.routes.invoke', target: { scope: `service:${this.id}` } };
  }

  /** As Terraform makes it again. */
  clear(): void {
    this.revisions = this.placeholder();
    this.shares = [{ type: LATEST, percent: 100 }];
  }

  /** A service goes with all of its revisions. */
  holding(): undefined {
    return undefined;
  }

  /** Answers `googleapis.run.v2.projects.locations.services.<method>`. */
  answer(method: string, { body, name, updateMask }: Body): unknown {
    if (name !== this.serviceName) throw WorkflowError.http(404, `no service ${String(name)}`);
    if (method === 'get') return this.describe();
    if (method !== 'patch') throw new Error(`services.${method} is not rehearsed`);
    const { template, traffic } = body as { template?: Body; traffic?: readonly Share[] };
    const masked = String(updateMask).split(',');
    if (masked.includes('template')) this.deploy(template ?? {});
    if (masked.includes('traffic')) this.move(traffic ?? [], template !== undefined);
    return this.describe();
  }

  private describe(): object {
    // What is zero is left out of an answer.
    const trafficStatuses = this.shares.map(({ percent, ...rest }) => ({
      ...rest,
      ...(percent && { percent }),
    }));
    return {
      name: this.serviceName,
      latestReadyRevision: `${this.serviceName}/revisions/${this.latest()}`,
      trafficStatuses,
    };
  }

  private deploy({ revision, ...template }: Body): void {
    const name = String(revision);
    if (!name.startsWith(`${this.id}-`) || name.length > 63)
      throw WorkflowError.http(
        400,
        `${name}: a revision is named after its service, in 63 characters at most`,
      );
    const there = this.revisions.get(name);
    if (there !== undefined && JSON.stringify(there) !== JSON.stringify(template))
      throw WorkflowError.http(409, `there is a revision ${name} of another configuration`);
    if (this.conduct === 'fails') {
      throw new WorkflowError({
        message: NOT_READY.message,
        tags: ['OperationError'],
        operation: { done: true, error: NOT_READY },
      });
    }
    this.revisions = new Map([...[...this.revisions].filter(([each]) => each !== name), [name, template]]);
  }

  private move(shares: readonly Share[], deploys: boolean): void {
    const sum = shares.reduce((total, { percent = 0 }) => total + percent, 0);
    const unknown = shares.filter(({ revision = '' }) => !this.revisions.has(revision));
    if (sum !== 100 || unknown.length > 0)
      throw WorkflowError.http(400, `no split of the traffic: ${JSON.stringify(shares)}`);
    if (this.conduct === 'turns-back' && !deploys) this.conduct = 'obeys';
    else this.shares = shares;
  }

  private placeholder(): ReadonlyMap<string, Body> {
    return new Map([[`${this.id}-00001-abc`, {}]]);
  }

  private latest(): string {
    return [...this.revisions.keys()].at(-1) ?? '';
  }

  /** Of the directory that the revision's container is told to serve. */
  private uriOf({ revision = this.latest() }: Share): string | undefined {
    const [, bucket, path] =
      /\/gcs\/([^/"]+)\/(models\/[^/"]+\/)/.exec(JSON.stringify(this.revisions.get(revision))) ?? [];
    return bucket && path && `gs://${bucket}/${path}`;
  }
}
