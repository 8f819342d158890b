import { readScalingTags } from '../scaling-tags';
import { listOf, numberOf, objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { configOf, ENDPOINT, ENDPOINT_CONFIG, namesOf, variantsOf } from './sagemaker';
import type { Subject, Subjects } from './subject';

const TO_ZERO = nonCompliant('scales down to 0, and its endpoint answers requests at once');

export const scalingToZero: Rule = {
  id: 'scaling-to-zero',
  level: 'error',
  cause:
    'Only an asynchronous endpoint and one with inference components go down to no machine; SageMaker refuses a minimum of 0 otherwise.',
  fix: 'Set the minimum to 1, or make the endpoint asynchronous or one with inference components.',
  check(subject, all) {
    if (subject.type === ENDPOINT_CONFIG) return checkConfig(subject);
    if (subject.type !== 'AWS::ApplicationAutoScaling::ScalableTarget') return NOT_APPLICABLE;
    const { MinCapacity, ResourceId, ScalableDimension } = subject.properties;
    if (ScalableDimension !== 'sagemaker:variant:DesiredInstanceCount') return NOT_APPLICABLE;
    if (numberOf(MinCapacity) !== 0) return COMPLIANT;
    const config = configOfTarget(String(ResourceId), all);
    if (!config) return NOT_APPLICABLE;
    return config.properties.AsyncInferenceConfig === undefined ? TO_ZERO : COMPLIANT;
  },
};

/** What this library's endpoints scale to is in the tags of their configuration. */
function checkConfig(config: Subject) {
  const { AsyncInferenceConfig, Tags } = config.properties;
  const scaled = readScalingTags(
    listOf(Tags).map(({ Key, Value }) => ({ key: String(Key), value: String(Value) })),
  );
  if (scaled.length === 0) return checkManaged(config);
  return AsyncInferenceConfig === undefined && scaled.some(({ min }) => min === 0) ? TO_ZERO : COMPLIANT;
}

/** A variant that names its model has no inference components. */
function checkManaged(config: Subject) {
  const managed = variantsOf(config).filter(({ ManagedInstanceScaling }) => ManagedInstanceScaling);
  if (managed.length === 0) return NOT_APPLICABLE;
  return managed.some(
    ({ ManagedInstanceScaling, ModelName }) =>
      ModelName !== undefined && numberOf(objectOf(ManagedInstanceScaling).MinInstanceCount) === 0,
  )
    ? nonCompliant('a variant with a model of its own has a MinInstanceCount of 0')
    : COMPLIANT;
}

function configOfTarget(resourceId: string, all: Subjects): Subject | undefined {
  const name = resourceId.split('/')[1] ?? '';
  const endpoints = all.ofType(ENDPOINT).filter((endpoint) => namesOf(endpoint).includes(name));
  return endpoints.map((endpoint) => configOf(endpoint, all)).find((config) => config !== undefined);
}
