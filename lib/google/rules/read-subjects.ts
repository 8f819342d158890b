import { TerraformDataSource, TerraformResource, type TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import { objectOf, type Properties } from './properties';
import { type Subject, Subjects } from './subject';
import { requestsOf } from './workflow-requests';

/** How aws-cdk-lib marks what CloudFormation makes, whichever copy of it made it. */
const AWS_MARKS = ['@aws-cdk/core.Stack', '@aws-cdk/core.CfnElement'].map((name) => Symbol.for(name));

export const AWS_CONSTRUCT = 'aws-construct';
export const WORKFLOW = 'google_workflows_workflow';

/** Reads what a stack makes, and what its workflows do. */
export function readSubjects(stack: TerraformStack): Subjects {
  const { data, resource } = objectOf(stack.toTerraform());
  return new Subjects(stack.node.findAll().flatMap((construct) => subjectsOf(construct, { data, resource })));
}

function subjectsOf(construct: IConstruct, { data, resource }: Properties): Subject[] {
  if (TerraformResource.isTerraformResource(construct)) {
    const { friendlyUniqueId, terraformResourceType: type } = construct;
    const properties = objectOf(objectOf(objectOf(resource)[type])[friendlyUniqueId]);
    const subject: Subject = { kind: 'resource', type, construct, step: '', properties };
    return type === WORKFLOW ? [subject, ...requests(subject)] : [subject];
  }
  if (TerraformDataSource.isTerraformDataSource(construct)) {
    const { friendlyUniqueId, terraformResourceType: type } = construct;
    const properties = objectOf(objectOf(objectOf(data)[type])[friendlyUniqueId]);
    return [{ kind: 'data', type, construct, step: '', properties }];
  }
  if (!AWS_MARKS.some((mark) => mark in construct)) return [];
  return [{ kind: 'construct', type: AWS_CONSTRUCT, construct, step: '', properties: {} }];
}

function requests({ construct, properties }: Subject): Subject[] {
  return requestsOf(sourceOf(properties)).map(({ body, step, type }) => ({
    kind: 'request',
    type,
    construct,
    step,
    properties: body,
  }));
}

/** As Workflows gets it, without what Terraform takes for itself. */
export function sourceOf({ source_contents }: Properties): string {
  return typeof source_contents === 'string'
    ? source_contents.replace(/\$\$\{/g, () => '${').replace(/%%\{/g, () => '%{')
    : '';
}
