import { listOf } from './flatten';
import { permissionsIn, textsOf } from './policies';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import type { Subject } from './subject';

const MANAGED = /:policy\/\S*(?:FullAccess|AdministratorAccess|PowerUserAccess)$/;
const EVERY_ACTION = /^(?:\*|[\w-]+:\*)$/;

export const fullAccess: Rule = {
  id: 'full-access',
  level: 'error',
  cause: 'A step that may do everything is one bug away from another model’s data.',
  fix: 'Allow the actions it needs, on the prefixes it needs: the constructs have grant methods.',
  check(subject) {
    if (!['AWS::IAM::ManagedPolicy', 'AWS::IAM::Policy', 'AWS::IAM::Role'].includes(subject.type)) {
      return NOT_APPLICABLE;
    }
    const broad = [...managedPolicies(subject), ...actions(subject)];
    return broad.length > 0 ? nonCompliant(`allows ${broad.join(', ')}`) : COMPLIANT;
  },
};

function managedPolicies({ properties }: Subject): string[] {
  return textsOf(properties.ManagedPolicyArns)
    .filter((arn) => MANAGED.test(arn))
    .map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
}

function actions({ properties }: Subject): string[] {
  const documents = [
    properties.PolicyDocument,
    ...listOf(properties.Policies).map(({ PolicyDocument }) => PolicyDocument),
  ];
  return documents
    .flatMap(permissionsIn)
    .flatMap((permission) => permission.actions)
    .filter((action) => EVERY_ACTION.test(action));
}
