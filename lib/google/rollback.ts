import { Construct } from 'constructs';
import type { Project } from './project';
import type { ServiceKey } from './service-key';
import { WorkflowDefinition } from './workflow-definition';
import type { ReleaseSettings } from './workflow/release-settings';
import { renderRollback, renderTeardown } from './workflow/rollback-states';

export interface ReleaseWorkflowProps {
  readonly project: Project;
  readonly name: string;
  readonly release: ReleaseSettings;
  readonly key: ServiceKey;
}

/**
 * Moves an endpoint back to a version that has been live: to the one before, or to the one that the
 * argument names, `{ "version": "…" }`. It takes its turn with releases, and restores the endpoint when it
 * fails:
 *
 * ```sh
 * gcloud workflows run <name> --location <region> --data '{"version": "3f2a90b1c4de"}'
 * ```
 */
export class Rollback extends WorkflowDefinition {
  constructor(scope: Construct, id: string, { release, ...props }: ReleaseWorkflowProps) {
    super(scope, id, {
      ...props,
      description: `Rolls back the pipeline ${release.pipeline}`,
      source: renderRollback(release),
    });
  }
}

/**
 * Takes every version off an endpoint. Terraform cannot destroy an endpoint that serves: run this first.
 *
 * ```sh
 * gcloud workflows run <name> --location <region>
 * ```
 */
export class Teardown extends WorkflowDefinition {
  constructor(scope: Construct, id: string, { release, ...props }: ReleaseWorkflowProps) {
    super(scope, id, {
      ...props,
      description: `Empties the endpoint of the pipeline ${release.pipeline}`,
      source: renderTeardown(release),
    });
  }
}
