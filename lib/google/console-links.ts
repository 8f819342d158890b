import type { Project } from './project';

/** A link in a dashboard's text. */
export interface Link {
  readonly title: string;
  readonly url: string;
}

export function renderLinks(links: readonly Link[]): string {
  return links.map(({ title, url }) => `[${title}](${url})`).join(' · ');
}

/** The runs of a workflow. */
export function runsUrl({ id, region }: Project, workflow: string): string {
  return `https://console.cloud.google.com/workflows/workflow/${region}/${workflow}/executions?project=${id}`;
}

/** A job of Cloud Run, with its executions and logs. */
export function jobUrl({ id, region }: Project, job: string): string {
  return `https://console.cloud.google.com/run/jobs/details/${region}/${job}/executions?project=${id}`;
}

export function customJobsUrl({ id }: Project): string {
  return `https://console.cloud.google.com/vertex-ai/training/custom-jobs?project=${id}`;
}

export function endpointUrl({ id, region }: Project, endpointId: string): string {
  return `https://console.cloud.google.com/vertex-ai/online-prediction/locations/${region}/endpoints/${endpointId}?project=${id}`;
}

export function serviceUrl({ id, region }: Project, service: string): string {
  return `https://console.cloud.google.com/run/detail/${region}/${service}/metrics?project=${id}`;
}

/** The log, filtered. */
export function logUrl({ id }: Project, filter: string): string {
  return `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(filter)}?project=${id}`;
}
