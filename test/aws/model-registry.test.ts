import { Template } from 'aws-cdk-lib/assertions';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { type IModelRegistry, ModelRegistry } from '../../lib/aws';
import { statementsOf } from './policies';
import { createStack } from './synth';

function grantsOf(grant: (registry: IModelRegistry, role: Role) => void) {
  const stack = createStack();
  const role = new Role(stack, 'Role', { assumedBy: new AccountRootPrincipal() });
  grant(ModelRegistry.fromGroupName(stack, 'Registry', 'spam-filter'), role);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SageMaker::ModelPackageGroup', 0);
  return statementsOf(template)
    .filter(({ actions }) => actions[0]?.startsWith('sagemaker:'))
    .map(({ actions, resources }) => [actions, resources.map((arn) => arn.split(':').at(-1))]);
}

test('a group that is made elsewhere is used by its name, each right for itself', () => {
  expect(grantsOf((registry, role) => registry.grantRegister(role))).toEqual([
    [['sagemaker:CreateModelPackage'], ['model-package-group/spam-filter', 'model-package/spam-filter/*']],
  ]);
  expect(grantsOf((registry, role) => registry.grantApprove(role))).toEqual([
    [['sagemaker:UpdateModelPackage'], ['model-package/spam-filter/*']],
  ]);
  expect(grantsOf((registry, role) => registry.grantRead(role))).toEqual([
    [['sagemaker:DescribeModelPackage'], ['model-package/spam-filter/*']],
  ]);
});

test('a new group outlives its stack', () => {
  const stack = createStack();
  new ModelRegistry(stack, 'Registry', { groupName: 'spam-filter', description: 'Filters' });
  Template.fromStack(stack).hasResource('AWS::SageMaker::ModelPackageGroup', {
    DeletionPolicy: 'Retain',
    Properties: { ModelPackageGroupName: 'spam-filter', ModelPackageGroupDescription: 'Filters' },
  });
});
