import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Environment, Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { spamFilter } from '../../examples/spam-filter/pipeline';
import { ContainerImage, ModelPipeline, type ModelPipelineProps } from '../../lib/aws';
import type { StateMachineDefinition } from '../../lib/aws/asl';
import { flatten } from './flatten';

export const SERVER = ContainerImage.fromUri('123456789012.dkr.ecr.eu-central-1.amazonaws.com/server:1.0.0');

/** A stack in an app of its own. The example app's tests run CDK's own checks of the templates. */
export function createStack(env?: Environment): Stack {
  const outdir = mkdtempSync(join(tmpdir(), 'cdk.out-'));
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  return new Stack(app, 'Test', { env });
}

export interface SynthesizedPipeline {
  readonly pipeline: ModelPipeline;
  readonly template: Template;
  /** The state machine, with every reference written out as a name. */
  readonly machine: StateMachineDefinition;
}

/** The example's pipeline, with some of its props replaced. */
export function synthPipeline(
  props: Partial<ModelPipelineProps> = {},
  env?: Environment,
): SynthesizedPipeline {
  const stack = createStack(env);
  const pipeline = new ModelPipeline(stack, 'Pipeline', { definition: spamFilter, image: SERVER, ...props });
  const template = Template.fromStack(stack);
  return { pipeline, template, machine: machineOf(template) };
}

/** @param part of its logical id. @default - the first one */
export function machineOf(template: Template, part = ''): StateMachineDefinition {
  const machines = Object.entries(template.findResources('AWS::StepFunctions::StateMachine'));
  const [, resource] = machines.find(([id]) => id.includes(part)) ?? [];
  const { DefinitionString } = (resource as { Properties: { DefinitionString: unknown } }).Properties;
  return JSON.parse(flatten(DefinitionString) as string) as StateMachineDefinition;
}
