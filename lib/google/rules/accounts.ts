import { blockOf, literalOf, objectOf } from './properties';
import type { Subject } from './subject';

/** Where each kind of work names the account it runs as. */
export function accountOf({ properties, type }: Subject): { readonly account: unknown } | undefined {
  switch (type) {
    case 'google_cloud_run_v2_service':
      return { account: blockOf(properties.template).service_account };
    case 'google_cloud_run_v2_job':
      return { account: blockOf(blockOf(properties.template).template).service_account };
    case 'google_workflows_workflow':
      return { account: properties.service_account };
    case 'CustomJob':
      return { account: objectOf(properties.jobSpec).serviceAccount };
    case 'HyperparameterTuningJob':
      return { account: objectOf(properties.trialJobSpec).serviceAccount };
    case 'DeployedModel':
      return { account: properties.serviceAccount };
    default:
      return undefined;
  }
}

/** What the work does: jobs of one step are the same work, tried again or resumed. */
export function workOf({ construct, kind, properties, step }: Subject): string {
  if (kind !== 'request') return construct.node.path;
  return literalOf(objectOf(properties.labels).step) ?? `${construct.node.path}:${step}`;
}
