/** Permissions that AWS uses in a role's name where a rehearsal sees nothing of it. */
export interface ServicePermission {
  /** Logical ids of the roles. */
  readonly roles: RegExp;
  readonly actions: readonly string[];
  readonly reason: string;
}

const SAGEMAKER = /^PipelineSteps(?!.*Function).*Role|^PipelineEndpointRole|^PipelineDriftJobRole/;
const FUNCTIONS = /FunctionRole/;
const MACHINES = /^Pipeline(Rollback|Drift|ModelAge)?Role/;

export const SERVICE_PERMISSIONS: readonly ServicePermission[] = [
  {
    roles: SAGEMAKER,
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    reason: 'SageMaker writes the log of the container',
  },
  {
    roles: SAGEMAKER,
    actions: ['cloudwatch:PutMetricData'],
    reason: 'SageMaker reports the load of the machine',
  },
  {
    roles: /^Pipeline(Steps|Endpoint|Rollback)?.*Role/,
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:BatchGetImage',
      'ecr:GetAuthorizationToken',
      'ecr:GetDownloadUrlForLayer',
    ],
    reason: 'SageMaker pulls the image, and looks at that of a version in the name of who lists it',
  },
  {
    roles: SAGEMAKER,
    actions: ['kms:CreateGrant', 'kms:DescribeKey', 'kms:Encrypt'],
    reason: 'SageMaker encrypts the disk of the machine',
  },
  {
    roles: /^Pipeline(Steps|Endpoint|DriftJob).*Role/,
    actions: ['s3:AbortMultipartUpload'],
    reason: 'large files are written in parts, which are given up when one fails',
  },
  {
    roles: /^PipelineEndpointRole/,
    actions: ['cloudwatch:DescribeAlarms'],
    reason: 'SageMaker watches the alarms that turn a deployment back',
  },
  {
    roles: /^PipelineEndpointRole/,
    actions: ['s3:ListBucket'],
    reason: 'SageMaker looks for the archive before it downloads it',
  },
  {
    roles: FUNCTIONS,
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    reason: 'Lambda writes the log of the function',
  },
  {
    roles: /Role/,
    actions: [
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    reason: 'Lambda and Step Functions send traces',
  },
  {
    roles: MACHINES,
    actions: [
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
    ],
    reason: 'Step Functions delivers the log of the machine',
  },
  {
    roles: MACHINES,
    actions: [
      'sagemaker:StopProcessingJob',
      'sagemaker:StopTrainingJob',
      'sagemaker:StopHyperParameterTuningJob',
    ],
    reason: 'Step Functions stops the job of a run that is stopped',
  },
];

/** Whether AWS itself uses a permission of a role. */
export function isUsedByAws(role: string, action: string): boolean {
  const id = role.split('/').at(-1) ?? '';
  return SERVICE_PERMISSIONS.some(({ actions, roles }) => roles.test(id) && actions.includes(action));
}
