import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  type NagPack,
  NIST80053R5Checks,
  PCIDSS321Checks,
} from 'cdk-nag';
import { Stack } from 'aws-cdk-lib/core';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { acknowledgeFindings } from '../../lib/aws';
import { createExampleApp } from './example-app';

jest.mock('../../lib/aws/function-bundle', () => jest.requireActual<object>('./stub-bundle'));
jest.setTimeout(60_000);

const app = createExampleApp();
app.synth();

function findings(pack: NagPack): string[] {
  return pack
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => `${ruleName} at ${constructPath}`),
    );
}

test.each([
  ['AwsSolutions', new AwsSolutionsChecks()],
  ['NIST 800-53 R5', new NIST80053R5Checks()],
  ['HIPAA', new HIPAASecurityChecks()],
  ['PCI DSS 3.2.1', new PCIDSS321Checks()],
])('%s finds nothing in the example that has no reason', (_, pack) => {
  expect(findings(pack)).toEqual([]);
});

test('a wildcard without a reason is still found', () => {
  const stack = new Stack(app, 'Another');
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));
  role.addToPolicy(new PolicyStatement({ actions: ['s3:Get*'], resources: ['arn:aws:s3:::bucket/key'] }));
  acknowledgeFindings(stack);
  app.synth({ force: true });
  const at = 'at Another/Role/DefaultPolicy/Resource';
  expect(findings(new AwsSolutionsChecks()).filter((finding) => finding.endsWith(at))).toEqual([
    `AwsSolutions-IAM5[Resource::*] ${at}`,
    `AwsSolutions-IAM5[Action::s3:Get*] ${at}`,
  ]);
});
