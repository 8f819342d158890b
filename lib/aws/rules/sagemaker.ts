import { type AwsMachine, findMachine, type MachineUse } from '../../hardware';
import { listOf, literalOf, objectOf, type Properties } from './flatten';
import type { Subject, Subjects } from './subject';

export const ENDPOINT = 'AWS::SageMaker::Endpoint';
export const ENDPOINT_CONFIG = 'AWS::SageMaker::EndpointConfig';
export const INFERENCE_COMPONENT = 'AWS::SageMaker::InferenceComponent';
export const MODEL = 'AWS::SageMaker::Model';
export const TRAINING_JOB = 'AWS::SageMaker::TrainingJob';
export const TUNING_JOB = 'AWS::SageMaker::HyperParameterTuningJob';
export const PROCESSING_JOB = 'AWS::SageMaker::ProcessingJob';

export interface Job {
  readonly use: MachineUse;
  readonly roleArn: unknown;
  /** What it runs: image, entry point and arguments. */
  readonly program: Properties;
  /** `InstanceType`, `InstanceCount`, `VolumeKmsKeyId`. */
  readonly resources: Properties;
  readonly output: Properties;
  /** The properties of the job itself, or of the training that is tuned. */
  readonly properties: Properties;
}

/** Training, tuning and processing alike; nothing of any other subject. */
export function jobOf({ type, properties }: Subject): Job | undefined {
  if (type === PROCESSING_JOB) {
    return {
      use: 'processing',
      roleArn: properties.RoleArn,
      program: objectOf(properties.AppSpecification),
      resources: objectOf(objectOf(properties.ProcessingResources).ClusterConfig),
      output: objectOf(properties.ProcessingOutputConfig),
      properties,
    };
  }
  const training = type === TUNING_JOB ? objectOf(properties.TrainingJobDefinition) : properties;
  if (type !== TRAINING_JOB && type !== TUNING_JOB) return undefined;
  return {
    use: 'training',
    roleArn: training.RoleArn,
    program: objectOf(training.AlgorithmSpecification),
    resources: objectOf(training.ResourceConfig ?? training.HyperParameterTuningResourceConfig),
    output: objectOf(training.OutputDataConfig),
    properties: training,
  };
}

/** The variants of a configuration, the shadow ones too. */
export function variantsOf({ properties }: Subject): readonly Properties[] {
  return [...listOf(properties.ProductionVariants), ...listOf(properties.ShadowProductionVariants)];
}

export function isServerless(config: Subject): boolean {
  return variantsOf(config).some(({ ServerlessConfig }) => ServerlessConfig !== undefined);
}

/** Whether models come as inference components: then no variant names one, and components are updated. */
export function hasComponents(config: Subject): boolean {
  return variantsOf(config).every(({ ModelName }) => ModelName === undefined);
}

export function configOf(endpoint: Subject, all: Subjects): Subject | undefined {
  return all.referenced(ENDPOINT_CONFIG, endpoint.properties.EndpointConfigName, endpoint);
}

/** The texts that others name an endpoint by. */
export function namesOf({ name, properties }: Subject): readonly string[] {
  const given = typeof properties.EndpointName === 'string' ? [properties.EndpointName] : [];
  return [...given, `\${${name}.EndpointName}`];
}

export function sameEndpoint(a: Subject, b: Subject): boolean {
  return namesOf(a).some((name) => namesOf(b).includes(name));
}

export interface RentedMachine {
  readonly instanceType: string;
  readonly use: MachineUse;
  /** `undefined` where the catalogue has no such machine. */
  readonly machine?: AwsMachine;
}

/** The machines that a subject rents, as far as they are known before deployment. */
export function machinesOf(subject: Subject): readonly RentedMachine[] {
  const job = jobOf(subject);
  const rented = job
    ? [{ type: job.resources.InstanceType, use: job.use }]
    : subject.type === ENDPOINT_CONFIG
      ? variantsOf(subject).map(({ InstanceType }) => ({ type: InstanceType, use: 'endpoint' as const }))
      : [];
  return rented.flatMap(({ type, use }) => {
    const instanceType = literalOf(type);
    return instanceType === undefined
      ? []
      : [{ instanceType, use, machine: findMachine(instanceType, 'aws') }];
  });
}
