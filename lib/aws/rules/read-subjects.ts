import { readFileSync } from 'node:fs';
import { type IPolicyValidationContext, Stack } from 'aws-cdk-lib/core';
import { flatten, objectOf, type Properties } from './flatten';
import { tasksOf } from './state-machine-tasks';
import { type Subject, Subjects } from './subject';
import { findTerraform } from './terraform';

/** Reads the templates and what their state machines do. */
export function readSubjects({ appConstruct, stackTemplates }: IPolicyValidationContext): Subjects {
  const resources = stackTemplates.flatMap(({ templatePath }) => readTemplate(templatePath));
  const stacks = appConstruct.node.findAll().filter((construct) => Stack.isStack(construct));
  return new Subjects([...resources, ...stacks.map(findTerraform)]);
}

function readTemplate(templatePath: string): Subject[] {
  const template = objectOf(JSON.parse(readFileSync(templatePath, 'utf8')));
  return Object.entries(objectOf(template.Resources)).flatMap(([name, value]) =>
    subjectsOf(name, objectOf(value), templatePath),
  );
}

/** @param resource as it stands in the template */
export function subjectsOf(name: string, resource: Properties, templatePath: string): Subject[] {
  const subject: Subject = {
    type: String(resource.Type),
    origin: 'resource',
    name,
    properties: objectOf(flatten(resource.Properties)),
    metadata: objectOf(resource.Metadata),
    place: { resourceLogicalId: name, templatePath, locations: ['Properties'] },
  };
  return subject.type === 'AWS::StepFunctions::StateMachine' ? [subject, ...tasksOf(subject)] : [subject];
}
