import { permissionsIn } from '../rules/policies';

/** Actions that IAM knows no resource for. */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  'application-autoscaling:DescribeScalableTargets',
  'cloudwatch:PutMetricData',
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:DeleteNetworkInterfacePermission',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'ecr:GetAuthorizationToken',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]);

const RESOURCES: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\.Arn>\/[\w-]+\/[\w*./-]+$/, 'Objects below one prefix of the store: a run chooses their names.'],
  [/:log-group:[^*]+:\*$/, 'Streams of one log group: the service chooses their names.'],
  [/:[a-z-]+-job\/[\w-]+-\*$/, 'Every job has a name of its own, which begins with that of its step.'],
  [
    /:(?:model|endpoint-config)\/[\w-]+-\*$/,
    'The names are made from the content, and begin with the pipeline’s.',
  ],
  [/:endpoint-config\/\*$/, 'CloudFormation chooses the names of configurations, which are only read.'],
  [/:model-package\/[\w-]+\/\*$/, 'Versions of one registry.'],
  [
    /:scalable-target\/\*$/,
    'The ARN ends in an id that the target gets when it is registered; a condition names the service.',
  ],
  [
    /:alarm:TargetTracking-endpoint\/[\w-]+\/\*$/,
    'Application Auto Scaling chooses the names of the alarms of an endpoint.',
  ],
  [/:execution:[\w-]+:\*$/, 'Runs of one state machine: every run has a name of its own.'],
];

/** A wildcard of a policy that has a reason. */
export interface Wildcard {
  readonly resource: string;
  readonly reason: string;
}

/** @param document flat, as the rules read it */
export function wildcardsOf(document: unknown): Wildcard[] {
  return permissionsIn(document).flatMap(({ actions, resources }) =>
    resources
      .filter((resource) => resource.includes('*'))
      .map((resource) => resource.replaceAll('${', '<').replaceAll('}', '>'))
      .flatMap((resource) => {
        const reason = reasonFor(resource, actions);
        return reason === undefined ? [] : [{ resource, reason }];
      }),
  );
}

function reasonFor(resource: string, actions: readonly string[]): string | undefined {
  if (resource === '*') {
    return actions.every((action) => WITHOUT_RESOURCE.has(action))
      ? 'These actions cannot be limited to a resource.'
      : undefined;
  }
  return RESOURCES.find(([pattern]) => pattern.test(resource))?.[1];
}
