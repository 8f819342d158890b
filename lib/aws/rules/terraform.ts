import type { Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import type { Subject } from './subject';

/** How cdktf marks what it makes, whichever copy of it made it. */
const MARKS = ['cdktf/TerraformElement', 'cdktf/TerraformStack'].map((name) => Symbol.for(name));

export const STACK_TYPE = 'AWS::CDK::Stack';

/** A stack, with the paths of the constructs in it that are Terraform's. */
export function findTerraform(stack: Stack): Subject {
  const terraform = stack.node.findAll().filter(isTerraform);
  const place = { constructPath: terraform[0]?.node.path ?? stack.node.path, locations: [] };
  return {
    type: STACK_TYPE,
    origin: 'resource',
    name: stack.node.path,
    properties: { terraform: terraform.map(({ node }) => node.path) },
    metadata: {},
    place,
  };
}

function isTerraform(construct: IConstruct): boolean {
  return MARKS.some((mark) => mark in construct);
}
