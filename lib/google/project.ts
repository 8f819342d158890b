import { Token } from 'cdktf';
import { type Issue, issue } from '../issue';

/**
 * Where everything is made. Literal values: names, service agents and the source of the workflow are made
 * from them, and nothing is asked of the cloud at synth.
 */
export interface Project {
  /** `my-project-123456`. */
  readonly id: string;
  /** Its number, as `gcloud projects describe <id>` tells: service agents are named after it. */
  readonly number: string;
  /** `europe-west4`. */
  readonly region: string;
}

const PATTERNS: Readonly<Record<keyof Project, readonly [pattern: RegExp, example: string]>> = {
  id: [/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'my-project-123456'],
  number: [/^[1-9]\d{5,14}$/, '123456789012'],
  region: [/^[a-z]+-[a-z]+\d+$/, 'europe-west4'],
};

export function checkProject(project: Project, path = 'project'): Issue[] {
  return (Object.keys(PATTERNS) as (keyof Project)[])
    .filter((key) => Token.isUnresolved(project[key]) || !PATTERNS[key][0].test(project[key]))
    .map((key) =>
      issue(
        'project-invalid',
        `${path}.${key}`,
        Token.isUnresolved(project[key]) ? 'is known at deployment only' : `is "${project[key]}"`,
        `Give a literal like "${PATTERNS[key][1]}".`,
      ),
    );
}

/** The account a Google service acts as in this project, as a member of a policy. */
export function serviceAgent({ number }: Project, service: ServiceAgent): string {
  return `serviceAccount:service-${number}@${AGENT_DOMAINS[service]}.iam.gserviceaccount.com`;
}

export type ServiceAgent = keyof typeof AGENT_DOMAINS;

/** https://docs.cloud.google.com/iam/docs/service-agents */
const AGENT_DOMAINS = {
  aiplatform: 'gcp-sa-aiplatform',
  artifactregistry: 'gcp-sa-artifactregistry',
  eventarc: 'gcp-sa-eventarc',
  pubsub: 'gcp-sa-pubsub',
  run: 'serverless-robot-prod',
  scheduler: 'gcp-sa-cloudscheduler',
  storage: 'gs-project-accounts',
  workflows: 'gcp-sa-workflows',
} as const;
