import {
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Grant, type IRole } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** The VPC that jobs or an endpoint run in. It needs a way to S3 and ECR: endpoints, or a NAT gateway. */
export interface NetworkProps {
  readonly vpc: IVpc;
  /** @default - the private subnets */
  readonly subnets?: SubnetSelection;
  /** @default - one of its own that lets traffic out, and in from the machines of the same job alone */
  readonly securityGroups?: readonly ISecurityGroup[];
}

export interface VpcConfig {
  readonly securityGroupIds: string[];
  readonly subnets: string[];
}

/**
 * Resolves the network and lets the role of a job or model attach to it.
 *
 * @param machineCount machines that talk to one another
 */
export function bindNetwork(
  scope: Construct,
  network: NetworkProps,
  role: IRole,
  machineCount = 1,
): VpcConfig {
  const { vpc, subnets, securityGroups = [createSecurityGroup(scope, vpc, machineCount)] } = network;
  const { subnetIds } = vpc.selectSubnets(subnets);
  const securityGroupIds = securityGroups.map(({ securityGroupId }) => securityGroupId);
  const arn = (resource: string) => (resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'ec2', resource, resourceName });
  Grant.addToPrincipal({
    grantee: role,
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:CreateNetworkInterfacePermission',
      'ec2:DeleteNetworkInterface',
      'ec2:DeleteNetworkInterfacePermission',
    ],
    resourceArns: [
      arn('network-interface')('*'),
      ...subnetIds.map(arn('subnet')),
      ...securityGroupIds.map(arn('security-group')),
    ],
  });
  // EC2's describe calls know no resources.
  Grant.addToPrincipal({
    grantee: role,
    actions: [
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    resourceArns: ['*'],
  });
  return { securityGroupIds, subnets: subnetIds };
}

function createSecurityGroup(scope: Construct, vpc: IVpc, machineCount: number): ISecurityGroup {
  const group = new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: `Traffic of ${scope.node.path}`,
  });
  // EFA and the encryption between machines use protocols without ports.
  if (machineCount > 1) group.connections.allowInternally(Port.allTraffic(), 'Between the machines of a job');
  return group;
}
