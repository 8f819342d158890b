import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { textsOf } from './policies';
import { STACK_TYPE } from './terraform';

export const terraformConstruct: Rule = {
  id: 'terraform-construct',
  level: 'error',
  cause: 'CloudFormation knows nothing of a Terraform construct: it would silently not be deployed.',
  fix: 'Put it into a TerraformStack of an app of its own.',
  check({ type, properties }) {
    if (type !== STACK_TYPE) return NOT_APPLICABLE;
    const [first] = textsOf(properties.terraform);
    return first === undefined ? COMPLIANT : nonCompliant(`${first} is a construct of Terraform`);
  },
};
