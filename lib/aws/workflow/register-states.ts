import { Aws } from 'aws-cdk-lib/core';
import type { FunctionStep } from '../../pipeline';
import { format, type State, type States } from '../asl';
import { API_RETRY, catchAll, failureOf, nextOf } from './edges';

/** Where later states find the version: `version`, `digest`, `modelUri`, `archiveUri`, `dataDigest`. */
export const REGISTERED = '$.registered';
/** Where later states find the version in SageMaker's registry: `arn`. */
export const PACKAGE = '$.package';
export const PACKAGE_ARN = `${PACKAGE}.arn`;

export interface RegisterSettings {
  readonly groupName: string;
  readonly imageUri: string;
  /** Changes with the plan, the stage programs and the user's code. */
  readonly codeDigest: string;
}

const FIELDS = ['version', 'digest', 'modelUri', 'archiveUri', 'dataDigest'];

/**
 * Publishes the version in the store, then lists it in SageMaker's registry, waiting for approval: with its
 * metrics, its verification report, and what it was made of.
 */
export function registerStates(step: FunctionStep, task: State, settings: RegisterSettings): States {
  const list = `${step.id}: list in the registry`;
  return {
    [step.id]: {
      ...task,
      ResultSelector: Object.fromEntries(FIELDS.map((field) => [`${field}.$`, `$.Payload.${field}`])),
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
        ModelMetrics: {
          ModelQuality: {
            Statistics: renderSource('metrics.json'),
            Constraints: renderSource('verification.json'),
          },
        },
        CustomerMetadataProperties: {
          'version.$': `${REGISTERED}.version`,
          'digest.$': `${REGISTERED}.digest`,
          'run.$': '$$.Execution.Name',
          'dataDigest.$': `${REGISTERED}.dataDigest`,
          codeDigest: settings.codeDigest,
          'report.$': fileOfVersion('verification.json'),
        },
      },
      ResultSelector: { 'arn.$': '$.ModelPackageArn' },
      ResultPath: PACKAGE,
      ...API_RETRY,
      ...catchAll(failureOf(step)),
      ...nextOf(step),
    },
  };
}

function renderSource(file: string): object {
  return { ContentType: 'application/json', 'S3Uri.$': fileOfVersion(file) };
}

function fileOfVersion(file: string): string {
  return format(['', file], `${REGISTERED}.modelUri`);
}
