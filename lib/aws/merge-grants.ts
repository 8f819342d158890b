import type {
  AddToPrincipalPolicyResult,
  IGrantable,
  IPrincipal,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';

/**
 * The same grantee, whose policy gets one statement for all resources on which the same actions are allowed
 * under the same conditions: policies stay small, and CDK looks at each statement several times.
 */
export function mergeGrants({ grantPrincipal: principal }: IGrantable): IGrantable {
  const added = new Map<string, { statement: PolicyStatement; result: AddToPrincipalPolicyResult }>();
  const merging: IPrincipal = {
    grantPrincipal: principal,
    assumeRoleAction: principal.assumeRoleAction,
    policyFragment: principal.policyFragment,
    principalAccount: principal.principalAccount,
    addToPrincipalPolicy(statement) {
      const key = JSON.stringify([statement.actions, statement.conditions]);
      const same = added.get(key);
      if (same) {
        same.statement.addResources(...statement.resources);
        return same.result;
      }
      const result = principal.addToPrincipalPolicy(statement);
      added.set(key, { statement, result });
      return result;
    },
  };
  return { grantPrincipal: merging };
}
