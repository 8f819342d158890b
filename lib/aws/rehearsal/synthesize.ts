import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { App, Stack } from 'aws-cdk-lib/core';
import type { PipelineDefinition } from '../../pipeline';
import type { StateMachineDefinition } from '../asl';
import { ContainerImage } from '../container-image';
import { ModelPipeline } from '../model-pipeline';
import { permissionsOf, type Permission } from './policies';
import { ACCOUNT, arnOf, REGION, resolveTemplate, resourcesOf, type TemplateBody } from './resolve-template';

/** A state machine of a template, as a deployment would make it. */
export interface RehearsedMachine {
  readonly definition: StateMachineDefinition;
  readonly role: string;
  readonly name: string;
}

/** What of a pipeline's template a rehearsal goes by. */
export interface SynthesizedPipeline {
  readonly pipeline: RehearsedMachine;
  readonly rollback: RehearsedMachine;
  readonly bucket: string;
  readonly permissions: ReadonlyMap<string, readonly Permission[]>;
  /** Role of each function, by the function's ARN. */
  readonly functionRoles: ReadonlyMap<string, string>;
  /** Key that encrypts a bucket, a topic or a table, by its name or ARN. */
  readonly keys: ReadonlyMap<string, string>;
}

/** Synthesises the pipeline of a definition in this process, and reads its template. */
export function synthesizePipeline(definition: PipelineDefinition): SynthesizedPipeline {
  const outdir = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  try {
    const app = new App({ outdir, context: { '@aws-cdk/core:validateAgainstDefaultRules': false } });
    const stack = new Stack(app, 'Rehearsal', { env: { account: ACCOUNT, region: REGION } });
    const repository = Repository.fromRepositoryName(stack, 'Server', 'model-pipeline-serving');
    const image = ContainerImage.fromEcrRepository(repository, 'rehearsal');
    new ModelPipeline(stack, 'Pipeline', { definition, image });
    return read(app.synth().getStackByName('Rehearsal').template as TemplateBody);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function read(template: TemplateBody): SynthesizedPipeline {
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine').map(([, properties]) => ({
    definition: JSON.parse(properties.DefinitionString as string) as StateMachineDefinition,
    role: properties.RoleArn as string,
    name: properties.StateMachineName as string,
  }));
  const rollback = machines.find(({ name }) => name.endsWith('-rollback'));
  const pipeline = machines.find((machine) => machine !== rollback);
  const [bucket] = resourcesOf(template, 'AWS::S3::Bucket').map(([id]) =>
    String(resolveTemplate(template, { Ref: id })),
  );
  if (!pipeline || !rollback || bucket === undefined)
    throw new Error('the template is not that of a pipeline');
  return {
    pipeline,
    rollback,
    bucket,
    permissions: permissionsOf(template),
    functionRoles: new Map(
      resourcesOf(template, 'AWS::Lambda::Function').map(([id, { Role }]) => [
        arnOf('AWS::Lambda::Function', id),
        Role as string,
      ]),
    ),
    keys: keysOf(template),
  };
}

/** Where each type of resource names its key. */
const KEY_PROPERTIES: Readonly<Record<string, RegExp>> = {
  'AWS::S3::Bucket': /"KMSMasterKeyID":"([^"]+)"/,
  'AWS::SNS::Topic': /"KmsMasterKeyId":"([^"]+)"/,
  'AWS::DynamoDB::Table': /"KMSMasterKeyId":"([^"]+)"/,
};

function keysOf(template: TemplateBody): Map<string, string> {
  return new Map(
    Object.entries(KEY_PROPERTIES).flatMap(([type, property]) =>
      resourcesOf(template, type).flatMap(([id, properties]) => {
        const key = property.exec(JSON.stringify(properties))?.[1];
        return key === undefined ? [] : [[String(resolveTemplate(template, { Ref: id })), key] as const];
      }),
    ),
  );
}
