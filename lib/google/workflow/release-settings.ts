import type { MetricQuery } from '../endpoint-metrics';
import type { WorkflowSource, WorkflowStep } from './source';

/** What the release workflow needs to know of the endpoint that it fills. */
export interface ReleaseSettings {
  readonly pipeline: string;
  readonly bucketName: string;
  /** `projects/<id>` */
  readonly projectName: string;
  /** `projects/<id>/locations/<region>` */
  readonly parent: string;
  readonly region: string;
  /** Numeric, or the name of a service: names the lock. */
  readonly endpointId: string;
  readonly target: ReleaseTarget;
  /** Sends the golden samples; an answer that differs is an error. */
  readonly smokeTest: WorkflowStep;
  /** What turns a release back. */
  readonly limits: readonly ReleaseLimit[];
}

/** A value of Cloud Monitoring that a release must not exceed. */
export interface ReleaseLimit {
  readonly metric: MetricQuery;
  /** In the metric's own unit. */
  readonly most: number;
}

/**
 * Where versions are released to, as subworkflows of the same names: `endpoint_live`, `endpoint_deploy`,
 * `endpoint_traffic`, `endpoint_retire`, `endpoint_return`, `endpoint_empty`.
 */
export interface ReleaseTarget {
  readonly subworkflows: WorkflowSource;
  /** Label of the metrics that tells the new version from the old one. */
  readonly versionLabel: string;
  /** Changes with anything but the version that is deployed. */
  readonly contentHash: string;
  /** What names of deployed versions begin with. @default - the pipeline's name */
  readonly namePrefix?: string;
  /** `candidate`: before it gets any traffic; `endpoint`: once it has all of it. */
  readonly smokeTestAt: 'candidate' | 'endpoint';
}

/** What is live, `null` where nothing is: `{ id, name, body }`; a `placeholder` is none of the versions. */
export const ENDPOINT_LIVE = 'endpoint_live';
/** Puts the version `registered` on the endpoint as `name`, without traffic, beside `live`; returns its id. */
export const ENDPOINT_DEPLOY = 'endpoint_deploy';
/** Gives `id` so many `percent` of the traffic, the rest to `live`, and looks whether it is so. */
export const ENDPOINT_TRAFFIC = 'endpoint_traffic';
/** Takes everything but `id` off the endpoint. */
export const ENDPOINT_RETIRE = 'endpoint_retire';
/** Puts `previous` back on the endpoint, all traffic to it, and takes everything else off. */
export const ENDPOINT_RETURN = 'endpoint_return';
/** Takes everything off the endpoint. */
export const ENDPOINT_EMPTY = 'endpoint_empty';
