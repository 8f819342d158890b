import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { App, type CfnElement, Size, Stack } from 'aws-cdk-lib/core';
import { isLanguageModel, type PipelineDefinition } from '../../pipeline';
import type { StateMachineDefinition } from '../asl';
import type { IConstruct } from 'constructs';
import { ContainerImage } from '../container-image';
import { ModelPipeline } from '../model-pipeline';
import { type EventRule, eventRulesOf } from './event-rules';
import { type MetricAlarm, metricAlarmsOf } from './metric-alarms';
import { permissionsOf, type Permission } from './policies';
import { ACCOUNT, arnOf, REGION, resolveTemplate, resourcesOf, type TemplateBody } from './resolve-template';

/** A state machine of a template, as a deployment would make it. */
export interface RehearsedMachine {
  readonly definition: StateMachineDefinition;
  readonly role: string;
  readonly name: string;
  readonly arn: string;
  /** Encrypts its runs. */
  readonly keyArn: string;
}

/** A state machine that is started again and again. */
export interface ScheduledMachine extends RehearsedMachine {
  /** The role that starts it. */
  readonly startedBy: string;
}

/** What of a pipeline's template a rehearsal goes by. */
export interface SynthesizedPipeline {
  readonly pipeline: RehearsedMachine;
  readonly rollback: RehearsedMachine;
  /** Checks for drift; absent where the definition asks for none. */
  readonly drift?: ScheduledMachine;
  /** Measures the age of the live version; absent where the definition has no bound on it. */
  readonly modelAge?: ScheduledMachine;
  readonly rules: readonly EventRule[];
  readonly alarms: readonly MetricAlarm[];
  readonly bucket: string;
  readonly permissions: ReadonlyMap<string, readonly Permission[]>;
  /** Role of each function, by the function's ARN. */
  readonly functionRoles: ReadonlyMap<string, string>;
  /** Key that encrypts a bucket, a topic or a table, by its name or ARN. */
  readonly keys: ReadonlyMap<string, string>;
}

/**
 * Synthesises the pipeline of a definition in this process, and reads its template.
 *
 * @param modelMebibytes the pipeline's `modelSize`
 */
export function synthesizePipeline(
  definition: PipelineDefinition,
  modelMebibytes?: number,
): SynthesizedPipeline {
  const outdir = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  try {
    const app = new App({ outdir, builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'Rehearsal', { env: { account: ACCOUNT, region: REGION } });
    const repository = Repository.fromRepositoryName(stack, 'Server', 'model-pipeline-serving');
    const image = ContainerImage.fromEcrRepository(repository, 'rehearsal');
    const modelSize = modelMebibytes === undefined ? undefined : Size.mebibytes(modelMebibytes);
    const pipeline = new ModelPipeline(stack, 'Pipeline', {
      definition,
      image: isLanguageModel(definition.signature) ? undefined : image,
      programImage: image,
      modelSize,
    });
    const template = app.synth().getStackByName('Rehearsal').template as TemplateBody;
    return read(template, (...path) => idOf(pipeline, path));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Logical id of a construct's resource; `undefined` where there is no such construct. */
function idOf(scope: IConstruct, path: readonly string[]): string | undefined {
  const construct = path.reduce<IConstruct | undefined>((parent, id) => parent?.node.tryFindChild(id), scope);
  return construct && Stack.of(scope).getLogicalId(construct.node.defaultChild as CfnElement);
}

function read(template: TemplateBody, find: (...path: string[]) => string | undefined): SynthesizedPipeline {
  const machine = (...path: string[]) => readMachine(template, find(...path, 'StateMachine'));
  const pipeline = machine();
  const rollback = machine('Rollback');
  const [bucket] = resourcesOf(template, 'AWS::S3::Bucket').map(([id]) =>
    String(resolveTemplate(template, { Ref: id })),
  );
  if (!pipeline || !rollback || bucket === undefined)
    throw new Error('the template is not that of a pipeline');
  return {
    pipeline,
    rollback,
    drift: schedule(template, machine('Drift')),
    modelAge: schedule(template, machine('ModelAge')),
    rules: eventRulesOf(template),
    alarms: metricAlarmsOf(template),
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

const STATE_MACHINE = 'AWS::StepFunctions::StateMachine';

function readMachine(template: TemplateBody, id: string | undefined): RehearsedMachine | undefined {
  const [machine] = resourcesOf(template, STATE_MACHINE).filter(([candidate]) => candidate === id);
  if (machine === undefined) return undefined;
  const [logicalId, { DefinitionString, EncryptionConfiguration, RoleArn, StateMachineName }] = machine;
  return {
    definition: JSON.parse(DefinitionString as string) as StateMachineDefinition,
    role: RoleArn as string,
    name: StateMachineName as string,
    arn: arnOf(STATE_MACHINE, logicalId),
    keyArn: (EncryptionConfiguration as { KmsKeyId: string }).KmsKeyId,
  };
}

/** With the role of the schedule that starts it. */
function schedule(
  template: TemplateBody,
  machine: RehearsedMachine | undefined,
): ScheduledMachine | undefined {
  if (machine === undefined) return undefined;
  const [target] = resourcesOf(template, 'AWS::Scheduler::Schedule')
    .map(([, { Target }]) => Target as { Arn: string; RoleArn: string })
    .filter(({ Arn }) => Arn === machine.arn);
  if (target === undefined) throw new Error(`nothing starts ${machine.name}`);
  return { ...machine, startedBy: target.RoleArn };
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
