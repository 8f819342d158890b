import { Aspects, CfnResource, Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { flatten, objectOf, type Properties } from '../rules/flatten';
import { reasonsFor } from './reasons';
import { wildcardsOf } from './wildcards';

/** The packs of cdk-nag that the reasons hold for. */
const PACKS = ['AwsSolutions', 'HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321'];

/**
 * Acknowledges what cdk-nag finds of a construct of this library for a reason that this library knows:
 * wildcards below a prefix, inline policies of one step, disks that take no key. All else stays found.
 *
 * ```ts
 * Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
 * acknowledgeFindings(pipeline);
 * ```
 */
export function acknowledgeFindings(construct: IConstruct): void {
  Aspects.of(construct).add({
    visit(node) {
      if (CfnResource.isCfnResource(node)) acknowledge(node);
    },
  });
}

function acknowledge(node: CfnResource): void {
  const properties = propertiesOf(node);
  const reasons = Object.entries(reasonsFor(node.cfnResourceType, properties));
  const acknowledgments = [
    ...reasons.flatMap(([finding, reason]) => PACKS.map((pack) => ({ id: `${pack}-${finding}`, reason }))),
    ...wildcardsOf(properties.PolicyDocument).map(({ resource, reason }) => ({
      id: `AwsSolutions-IAM5[Resource::${resource}]`,
      reason,
    })),
  ];
  Validations.of(node).acknowledge(...acknowledgments);
}

function propertiesOf(node: CfnResource): Properties {
  const template = objectOf(Stack.of(node).resolve(node._toCloudFormation()));
  const [resource] = Object.values(objectOf(template.Resources));
  return objectOf(flatten(objectOf(resource).Properties));
}
