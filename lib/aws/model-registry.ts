import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnModelPackageGroup } from 'aws-cdk-lib/aws-sagemaker';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkName, constructName } from './resource-name';

export interface ModelRegistryProps {
  /** At most 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly groupName?: string;
  /** @default - none */
  readonly description?: string;
}

/** The versions of one model in SageMaker's registry, where people see them and their approval. */
export class ModelRegistry extends Construct {
  readonly groupName: string;
  readonly group: CfnModelPackageGroup;

  constructor(scope: Construct, id: string, props: ModelRegistryProps = {}) {
    super(scope, id);
    throwIssues(`registry "${this.node.path}"`, checkName(props.groupName, 'groupName'));
    this.groupName = props.groupName ?? constructName(this);
    this.group = new CfnModelPackageGroup(this, 'Group', {
      modelPackageGroupName: this.groupName,
      modelPackageGroupDescription: props.description,
    });
    this.group.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }

  /** Allows adding versions to the group, and setting their approval. */
  grantRegister(grantee: IGrantable): Grant {
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'sagemaker', resource, resourceName });
    return Grant.addToPrincipal({
      grantee,
      actions: [
        'sagemaker:CreateModelPackage',
        'sagemaker:UpdateModelPackage',
        'sagemaker:DescribeModelPackage',
      ],
      resourceArns: [arn('model-package-group', this.groupName), arn('model-package', `${this.groupName}/*`)],
    });
  }
}
