import { literalOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';
import { ENDPOINT, ENDPOINT_CONFIG, MODEL, PROCESSING_JOB, TRAINING_JOB, TUNING_JOB } from './sagemaker';

interface Name {
  readonly property: string;
  readonly maxLength: number;
  readonly pattern: RegExp;
}

const WORDS = /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/;
const sagemaker = (property: string, maxLength = 63): Name => ({ property, maxLength, pattern: WORDS });

const NAMES: Readonly<Record<string, Name>> = {
  [MODEL]: sagemaker('ModelName'),
  [ENDPOINT_CONFIG]: sagemaker('EndpointConfigName'),
  [ENDPOINT]: sagemaker('EndpointName'),
  [TRAINING_JOB]: sagemaker('TrainingJobName'),
  [PROCESSING_JOB]: sagemaker('ProcessingJobName'),
  [TUNING_JOB]: sagemaker('HyperParameterTuningJobName', 32),
  'AWS::SageMaker::ModelPackageGroup': sagemaker('ModelPackageGroupName'),
  'AWS::SageMaker::InferenceComponent': sagemaker('InferenceComponentName'),
  'AWS::StepFunctions::StateMachine': {
    property: 'StateMachineName',
    maxLength: 80,
    pattern: /^[a-zA-Z0-9-_]+$/,
  },
  'AWS::S3::Bucket': { property: 'BucketName', maxLength: 63, pattern: /^[a-z0-9][a-z0-9.-]+[a-z0-9]$/ },
};

export const resourceName: Rule = {
  id: 'resource-name',
  level: 'error',
  cause: 'A name that is too long, or has a character that the service does not take, fails when it is made.',
  fix: 'Shorten the name, or leave it out and let CloudFormation choose one.',
  check({ type, properties }) {
    const name = NAMES[type];
    const value = name && literalOf(properties[name.property]);
    if (name === undefined || value === undefined) return NOT_APPLICABLE;
    if (value.length > name.maxLength) {
      return nonCompliant(
        `${name.property} "${value}" has ${value.length} characters; it may have ${name.maxLength}`,
      );
    }
    return name.pattern.test(value)
      ? COMPLIANT
      : nonCompliant(`${name.property} "${value}" has characters that are not allowed`);
  },
};
