import { Aws } from 'aws-cdk-lib/core';
import type { FunctionStep } from '../../pipeline';
import type { State, States } from '../asl';
import { API_RETRY, catchAll, failureOf, nextOf } from './edges';

/** Where later states find the version: `version`, `digest`, `modelUri`, `archiveUri`. */
export const REGISTERED = '$.registered';
/** Where later states find the ARN of the version in SageMaker's registry. */
export const PACKAGE_ARN = '$.package.arn';

export interface RegisterSettings {
  readonly groupName: string;
  readonly imageUri: string;
}

/** Publishes the version in the store, then lists it in SageMaker's registry, waiting for approval. */
export function registerStates(step: FunctionStep, task: State, settings: RegisterSettings): States {
  const list = `${step.id}: list in the registry`;
  const fields = ['version', 'digest', 'modelUri', 'archiveUri'];
  return {
    [step.id]: {
      ...task,
      ResultSelector: Object.fromEntries(fields.map((field) => [`${field}.$`, `$.Payload.${field}`])),
      ResultPath: REGISTERED,
      ...catchAll(failureOf(step)),
      Next: list,
    },
    [list]: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:sagemaker:createModelPackage`,
      Parameters: {
        ModelPackageGroupName: settings.groupName,
        ModelApprovalStatus: 'PendingManualApproval',
        InferenceSpecification: {
          Containers: [{ Image: settings.imageUri, 'ModelDataUrl.$': `${REGISTERED}.archiveUri` }],
          SupportedContentTypes: ['application/json'],
          SupportedResponseMIMETypes: ['application/json'],
        },
        CustomerMetadataProperties: {
          'version.$': `${REGISTERED}.version`,
          'digest.$': `${REGISTERED}.digest`,
          'run.$': '$$.Execution.Name',
        },
      },
      ResultSelector: { 'arn.$': '$.ModelPackageArn' },
      ResultPath: '$.package',
      ...API_RETRY,
      ...catchAll(failureOf(step)),
      ...nextOf(step),
    },
  };
}
