import { Aws } from 'aws-cdk-lib/core';
import type { FunctionStep } from '../../pipeline';
import type { State, States } from '../asl';
import { API_RETRY, catchAll, failureOf, nextOf } from './edges';
import { fileOfVersion, modelData, REGISTERED } from './version-files';

/** Where later states find the version in SageMaker's registry: `arn`. */
export const PACKAGE = '$.package';
export const PACKAGE_ARN = `${PACKAGE}.arn`;

export interface RegisterSettings {
  readonly groupName: string;
  readonly imageUri: string;
  readonly isLanguageModel: boolean;
  /** Changes with the plan, the stage programs and the user's code. */
  readonly codeDigest: string;
}

const FIELDS = ['version', 'digest', 'modelUri', 'dataDigest'];

/**
 * Once the version is published in the store, lists it in SageMaker's registry, waiting for approval: with its
 * metrics, its verification report, and what it was made of.
 *
 * @param publish the state that publishes it, with its catch
 */
export function registerStates(step: FunctionStep, publish: State, settings: RegisterSettings): States {
  const list = `${step.id}: list in the registry`;
  // A job is the branch of a parallel state.
  const answer = publish.Type === 'Parallel' ? '$[0].Payload' : '$.Payload';
  return {
    [step.id]: {
      ...publish,
      ResultSelector: Object.fromEntries(FIELDS.map((field) => [`${field}.$`, `${answer}.${field}`])),
      ResultPath: REGISTERED,
      Next: list,
    },
    [list]: {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:sagemaker:createModelPackage`,
      Parameters: {
        ModelPackageGroupName: settings.groupName,
        ModelApprovalStatus: 'PendingManualApproval',
        InferenceSpecification: {
          Containers: [{ Image: settings.imageUri, ...modelData(settings.isLanguageModel) }],
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
