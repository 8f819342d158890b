import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnModelPackageGroup } from 'aws-cdk-lib/aws-sagemaker';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { throwIssues } from '../issue';
import { checkName, constructName } from './resource-name';

/** The versions of one model in SageMaker's registry. */
export interface IModelRegistry {
  readonly groupName: string;
  /** Allows adding versions. */
  grantRegister(grantee: IGrantable): Grant;
  /** Allows approving and rejecting versions. */
  grantApprove(grantee: IGrantable): Grant;
  /** Allows looking at a version. */
  grantRead(grantee: IGrantable): Grant;
}

export interface ModelRegistryProps {
  /** At most 63 of a–z, 0–9 and `-`. @default - a name made from the construct's path */
  readonly groupName?: string;
  /** @default - none */
  readonly description?: string;
}

abstract class ModelRegistryBase extends Construct implements IModelRegistry {
  abstract readonly groupName: string;

  grantRegister(grantee: IGrantable): Grant {
    const resourceArns = [this.arn('model-package-group', this.groupName), this.packages()];
    return Grant.addToPrincipal({ grantee, actions: ['sagemaker:CreateModelPackage'], resourceArns });
  }

  grantApprove(grantee: IGrantable): Grant {
    return this.grantPackages(grantee, 'sagemaker:UpdateModelPackage');
  }

  grantRead(grantee: IGrantable): Grant {
    return this.grantPackages(grantee, 'sagemaker:DescribeModelPackage');
  }

  private grantPackages(grantee: IGrantable, action: string): Grant {
    return Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [this.packages()] });
  }

  private packages(): string {
    return this.arn('model-package', `${this.groupName}/*`);
  }

  private arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'sagemaker', resource, resourceName });
  }
}

/**
 * The versions of one model in SageMaker's registry, where people see them and their approval:
 *
 * ```ts
 * const registry = new ModelRegistry(this, 'Registry', { groupName: 'spam-filter' });
 * registry.grantApprove(reviewers);
 * ```
 */
export class ModelRegistry extends ModelRegistryBase {
  /** A group that is made elsewhere, in the same account and region. */
  static fromGroupName(scope: Construct, id: string, groupName: string): IModelRegistry {
    return new ImportedModelRegistry(scope, id, groupName);
  }

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
}

class ImportedModelRegistry extends ModelRegistryBase {
  constructor(
    scope: Construct,
    id: string,
    readonly groupName: string,
  ) {
    super(scope, id);
  }
}
