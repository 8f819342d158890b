import { roleOf } from './job-parameters';
import { arn } from './resolve-template';

/** What IAM is asked before a call. */
export interface Authorization {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

type Parameters = Readonly<Record<string, unknown>>;

/** Parameters that name a resource of SageMaker, with the resource's type. */
const NAMED: Readonly<Record<string, string>> = {
  ModelName: 'model',
  EndpointConfigName: 'endpoint-config',
  EndpointName: 'endpoint',
  ProcessingJobName: 'processing-job',
  TrainingJobName: 'training-job',
  HyperParameterTuningJobName: 'hyper-parameter-tuning-job',
  ModelPackageGroupName: 'model-package-group',
};

const SCALABLE_TARGET = arn('application-autoscaling', 'scalable-target/0123');
const SCALES_SAGEMAKER = { 'application-autoscaling:service-namespace': 'sagemaker' };
const SCALING_ROLE =
  'role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint';

/** What Application Auto Scaling does in the name of who calls it. */
const SCALING: Readonly<Record<string, readonly string[]>> = {
  registerScalableTarget: ['sagemaker:DescribeEndpoint', 'sagemaker:UpdateEndpointWeightsAndCapacities'],
  putScalingPolicy: ['cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm'],
  deregisterScalableTarget: ['cloudwatch:DeleteAlarms'],
};

/**
 * What the caller must be allowed for a task of a state machine: the call itself, and what AWS does for it in
 * the caller's name.
 */
export function authorizationsOf(task: string, parameters: Parameters): Authorization[] {
  const [service = '', call = ''] = task.split(':');
  const [name = ''] = call.split('.');
  const action = name.charAt(0).toUpperCase() + name.slice(1);
  switch (service) {
    case 'sagemaker':
      return sagemaker(action, parameters, call.endsWith('.sync'));
    case 'lambda':
      return [{ action: 'lambda:InvokeFunction', resource: parameters.FunctionName as string }];
    case 'sns':
      return [{ action: 'sns:Publish', resource: parameters.TopicArn as string }];
    case 'dynamodb':
      return [
        { action: `dynamodb:${action}`, resource: arn('dynamodb', `table/${String(parameters.TableName)}`) },
      ];
    case 'sfn':
      return [{ action: `states:${action}`, resource: parameters.ExecutionArn as string }];
    case 'cloudwatch':
      return [{ action: `cloudwatch:${action}`, ...watched(parameters) }];
    case 'applicationautoscaling':
      return scaling(name, action, parameters);
    default:
      return [];
  }
}

function sagemaker(action: string, parameters: Parameters, waits: boolean): Authorization[] {
  const resources = Object.entries(NAMED)
    .filter(([parameter]) => parameters[parameter] !== undefined)
    .map(([parameter, type]) => arn('sagemaker', `${type}/${String(parameters[parameter])}`));
  const versions = [parameters.ModelPackageArn, parameters.ModelPackageName].filter(
    (value) => value !== undefined,
  );
  if (action === 'CreateModelPackage')
    versions.push(arn('sagemaker', `model-package/${String(parameters.ModelPackageGroupName)}/1`));
  const own = [...resources, ...(versions as string[])];
  const on = (name: string) => own.map((resource) => ({ action: `sagemaker:${name}`, resource }));
  const role = roleOf(parameters);
  return [
    ...on(action),
    ...(waits ? [...on(action.replace('Create', 'Describe')), ...on('AddTags'), ...events(action)] : []),
    ...(parameters.Tags === undefined ? [] : on('AddTags')),
    ...(role === undefined ? [] : [passRole(role)]),
    ...disk(parameters),
    ...alarms(parameters),
  ];
}

function passRole(resource: string): Authorization {
  return { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } };
}

/** Step Functions hears of the end of a job through a rule that it makes in the caller's name. */
function events(action: string): Authorization[] {
  const kind = /Create(\w+)Job/.exec(action)?.[1]?.replace('HyperParameter', '') ?? '';
  const resource = arn('events', `rule/StepFunctionsGetEventsForSageMaker${kind}JobsRule`);
  return ['DescribeRule', 'PutRule', 'PutTargets'].map((name) => ({ action: `events:${name}`, resource }));
}

function disk({ KmsKeyId }: Parameters): Authorization[] {
  if (KmsKeyId === undefined) return [];
  const resource = KmsKeyId as string;
  return [
    { action: 'kms:CreateGrant', resource, context: { 'kms:GrantIsForAWSResource': 'true' } },
    { action: 'kms:DescribeKey', resource },
  ];
}

function alarms({ DeploymentConfig }: Parameters): Authorization[] {
  const { AutoRollbackConfiguration } = (DeploymentConfig ?? {}) as {
    AutoRollbackConfiguration?: { Alarms: { AlarmName: string }[] };
  };
  return (AutoRollbackConfiguration?.Alarms ?? []).map(({ AlarmName }) => ({
    action: 'cloudwatch:DescribeAlarms',
    resource: arn('cloudwatch', `alarm:${AlarmName}`),
  }));
}

/** An alarm has a name of its own, metrics have a namespace. */
function watched({ AlarmName, Namespace }: Parameters): Omit<Authorization, 'action'> {
  if (AlarmName !== undefined) return { resource: arn('cloudwatch', `alarm:${AlarmName as string}`) };
  return { resource: '*', context: { 'cloudwatch:namespace': String(Namespace) } };
}

function scaling(name: string, action: string, { ResourceId }: Parameters): Authorization[] {
  const endpoint = String(ResourceId).split('/')[1] ?? '';
  const own = {
    action: `application-autoscaling:${action}`,
    resource: SCALABLE_TARGET,
    context: SCALES_SAGEMAKER,
  };
  const forwarded = (SCALING[name] ?? []).map((forward) => ({
    action: forward,
    resource: forward.startsWith('sagemaker:')
      ? arn('sagemaker', `endpoint/${endpoint}`)
      : arn('cloudwatch', `alarm:TargetTracking-${String(ResourceId)}-AlarmHigh-0123`),
  }));
  if (name !== 'registerScalableTarget') return [own, ...forwarded];
  const [account] = arn('iam', '').split(':').slice(4);
  return [
    own,
    ...forwarded,
    {
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:aws:iam::${account ?? ''}:${SCALING_ROLE}`,
      context: { 'iam:AWSServiceName': 'sagemaker.application-autoscaling.amazonaws.com' },
    },
  ];
}
