import type { FakeService } from './fake-service';
import type { Guard } from './fake-store';
import { WorkflowError } from './workflow-error';

type Arguments = Readonly<Record<string, unknown>>;

export interface ServiceWorld {
  /** @default - there is none */
  readonly service?: FakeService;
  /** Fetches what was deployed last, in the name of the revision's account. */
  readonly load: (account: string) => void;
}

interface RevisionTemplate {
  readonly serviceAccount?: string;
  readonly containers: readonly { readonly image: string }[];
}

/**
 * Calls `googleapis.run.v2.projects.locations.services.<method>`, which needs permissions on the service, and
 * for a new revision on its account and on its images.
 */
export function callService(
  method: string,
  args: Arguments,
  { load, service }: ServiceWorld,
  guard: Guard,
): unknown {
  const name = args.name as string;
  const target = { scope: `service:${name.slice(name.lastIndexOf('/') + 1)}` };
  const { template } = (args.body ?? {}) as { template?: RevisionTemplate };
  guard(method === 'get' ? 'run.services.get' : 'run.services.update', target);
  if (method !== 'get') guard('run.operations.get', { scope: 'project' });
  if (template) guardRevision(template, guard);
  if (service === undefined) throw WorkflowError.http(404, `no service ${name}`);
  const answer = service.answer(method, args);
  if (template) load(template.serviceAccount ?? '');
  return answer;
}

function guardRevision({ containers, serviceAccount = '' }: RevisionTemplate, guard: Guard): void {
  guard('iam.serviceAccounts.actAs', { scope: `account:${serviceAccount}` });
  for (const { image } of containers) {
    const [, repository] = /^[^/]+-docker\.pkg\.dev\/[^/]+\/([^/]+)\//.exec(image) ?? [];
    if (repository === undefined) continue;
    guard('artifactregistry.repositories.downloadArtifacts', { scope: `repository:${repository}` });
  }
}
