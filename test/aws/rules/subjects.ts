import { objectOf, type Properties } from '../../../lib/aws/rules/flatten';
import { subjectsOf } from '../../../lib/aws/rules/read-subjects';
import { Subjects } from '../../../lib/aws/rules/subject';

const TEMPLATE = 'Test.template.json';

/** Resources of a template by logical id, as what rules look at. */
export function templateOf(resources: Readonly<Record<string, Properties>>): Subjects {
  return new Subjects(
    Object.entries(resources).flatMap(([name, resource]) => subjectsOf(name, resource, TEMPLATE)),
  );
}

export function resource(type: string, properties: object, metadata: object = {}): Properties {
  return { Type: type, Properties: properties, Metadata: metadata };
}

/** A state machine with one task for each entry: `createTrainingJob.sync` and its parameters. */
export function machine(tasks: Readonly<Record<string, object>>): Properties {
  const states = Object.entries(tasks).map(([action, Parameters]) => [
    action,
    { Type: 'Task', Resource: `arn:aws:states:::${action}`, Parameters, End: true },
  ]);
  const definition = JSON.stringify({ States: Object.fromEntries(states) as object });
  return resource('AWS::StepFunctions::StateMachine', { DefinitionString: definition });
}

export function config(variants: readonly object[], properties: object = {}): Properties {
  return resource('AWS::SageMaker::EndpointConfig', { ProductionVariants: variants, ...properties });
}

export const T4 = { InstanceType: 'ml.g4dn.xlarge', ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] } };
export const CPU = { InstanceType: 'ml.m5.large', ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] } };

/** An endpoint on the configuration `Config`. */
export function endpoint(deployment?: object, properties: object = {}): Properties {
  const EndpointConfigName = { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] };
  return resource('AWS::SageMaker::Endpoint', {
    EndpointName: 'spam',
    EndpointConfigName,
    DeploymentConfig: deployment,
    ...properties,
  });
}

export function blueGreen(routing: object, MaximumExecutionTimeoutInSeconds = 3600): object {
  return {
    BlueGreenUpdatePolicy: { TrafficRoutingConfiguration: routing, MaximumExecutionTimeoutInSeconds },
  };
}

export function percent(Value: number): object {
  return { Type: 'CAPACITY_PERCENT', Value };
}

export function statement(properties: object): Properties {
  return objectOf({ Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...properties }] });
}
