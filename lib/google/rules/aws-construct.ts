import { AWS_CONSTRUCT } from './read-subjects';
import { nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const awsConstruct: Rule = {
  id: 'aws-construct',
  level: 'error',
  cause: 'Terraform knows nothing of a CloudFormation construct: it would silently not be deployed.',
  fix: 'Put it into a Stack of an aws-cdk-lib App of its own.',
  check({ construct, type }) {
    if (type !== AWS_CONSTRUCT) return NOT_APPLICABLE;
    return nonCompliant(`${construct.node.path} is a construct of CloudFormation`);
  },
};
