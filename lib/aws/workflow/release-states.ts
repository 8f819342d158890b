import type { CfnEndpoint } from 'aws-cdk-lib/aws-sagemaker';
import type { ReleaseStep } from '../../pipeline';
import { format, parameters, type State, type States } from '../asl';
import { renderVariant } from '../endpoint-settings';
import { toApi } from '../to-api';
import { lmiEnvironment } from '../lmi-container';
import { serverEnvironment } from '../serving-image';
import {
  describeEndpoint,
  ENDPOINT,
  IN_SERVICE,
  renderRetention,
  sdkTask,
  settleStates,
} from './endpoint-states';
import { API_RETRY, catchAll, failureOf, nextOf } from './edges';
import { liveStates, markLive } from './live-states';
import { lockStates, takeLock, unlockState } from './lock-states';
import { CREATED, type EndpointSettings, PREVIOUS, type ReleaseSettings } from './release-settings';
import { scalingStates, stopScaling } from './scaling-states';
import { modelData, REGISTERED } from './version-files';

/** The name of the version's model and of its configuration: made from what they hold. */
const NAME = '$.release.name';

/**
 * Waits for its turn, makes model and configuration unless they are there, moves the endpoint to them, and
 * takes it for released only when that configuration is live, answers the smoke test, and scales.
 *
 * @param deployment how traffic moves, and what turns it back. A rollback has none: it moves all traffic at
 *   once, and an alarm that sounds already would stop it
 */
export function releaseStates(
  step: Pick<ReleaseStep, 'id' | 'next' | 'onFailure'>,
  settings: ReleaseSettings,
  deployment?: CfnEndpoint.DeploymentConfigProperty,
): States {
  const { id } = step;
  const { endpointName, lock, replicas } = settings;
  const failure = failureOf(step);
  const state = (name: string) => `${id}: ${name}`;
  const smokeTest = state('smoke test');
  const unlock = state('give the lock back');
  const scaling = scalingStates(id, endpointName, replicas, { next: markLive(id), failure });
  const task = (action: string, parameters: object, next: string): State => ({
    ...sdkTask(action, parameters),
    ...API_RETRY,
    ...catchAll(failure),
    Next: next,
  });
  return {
    [id]: {
      Type: 'Pass',
      Parameters: {
        'name.$': format([`${settings.pipeline}-`, `-${settings.contentHash}`], `${REGISTERED}.version`),
      },
      ResultPath: '$.release',
      Next: takeLock(id),
    },
    ...lockStates(id, lock, { next: state('look for the model'), failure }),
    [state('look for the model')]: {
      ...sdkTask('sagemaker:describeModel', { 'ModelName.$': NAME }),
      ...catchAll(state('create the model'), null),
      Next: state('look for the configuration'),
    },
    [state('create the model')]: task(
      'sagemaker:createModel',
      renderModel(settings),
      state('look for the configuration'),
    ),
    [state('look for the configuration')]: {
      ...sdkTask('sagemaker:describeEndpointConfig', { 'EndpointConfigName.$': NAME }),
      ...catchAll(state('create the configuration'), null),
      Next: state('look for the endpoint'),
    },
    [state('create the configuration')]: task(
      'sagemaker:createEndpointConfig',
      renderConfig(settings),
      state('look for the endpoint'),
    ),
    [state('look for the endpoint')]: {
      ...describeEndpoint(endpointName),
      ...catchAll(state('create the endpoint'), null),
      Next: state('which version is live?'),
    },
    [state('create the endpoint')]: {
      ...task(
        'sagemaker:createEndpoint',
        { EndpointName: endpointName, 'EndpointConfigName.$': NAME },
        state('wait'),
      ),
      ResultPath: CREATED,
    },
    [state('which version is live?')]: {
      Type: 'Choice',
      Choices: [
        { And: [IN_SERVICE, { Variable: `${ENDPOINT}.config`, StringEqualsPath: NAME }], Next: smokeTest },
        { ...IN_SERVICE, Next: state('remember what is live') },
      ],
      Default: state('not released'),
    },
    [state('remember what is live')]: {
      Type: 'Pass',
      Parameters: { 'config.$': `${ENDPOINT}.config` },
      ResultPath: PREVIOUS,
      Next: state('stop scaling'),
    },
    [state('stop scaling')]: stopScaling(endpointName, state('update the endpoint')),
    [state('update the endpoint')]: task(
      'sagemaker:updateEndpoint',
      {
        EndpointName: endpointName,
        'EndpointConfigName.$': NAME,
        ...(deployment && { DeploymentConfig: toApi(deployment) }),
        ...renderRetention(replicas),
      },
      state('wait'),
    ),
    ...settleStates(id, endpointName, state('is it live?'), failure),
    [state('is it live?')]: {
      Type: 'Choice',
      // A deployment that was turned back is in service too, on the configuration before.
      Choices: [
        { And: [IN_SERVICE, { Variable: `${ENDPOINT}.config`, StringEqualsPath: NAME }], Next: smokeTest },
      ],
      Default: state('not released'),
    },
    [state('not released')]: {
      Type: 'Pass',
      Parameters: {
        Error: 'NotReleased',
        'Cause.$': format(
          [`endpoint ${endpointName} is `, ' on ', ', not in service on ', ''],
          `${ENDPOINT}.status`,
          `${ENDPOINT}.config`,
          NAME,
        ),
      },
      ResultPath: '$.failure',
      Next: failure,
    },
    [smokeTest]: {
      ...settings.smokeTest,
      ResultPath: null,
      ...catchAll(failure),
      Next: scaling.start,
    },
    ...scaling.states,
    ...liveStates(id, settings.bucketName, { next: unlock, failure }),
    [unlock]: unlockState(lock, nextOf(step)),
  };
}

/** Parameters of CreateModel. */
export function renderModel(settings: EndpointSettings): object {
  const { languageModel } = settings;
  return {
    'ModelName.$': NAME,
    ExecutionRoleArn: settings.roleArn,
    PrimaryContainer: {
      Image: settings.imageUri,
      ...modelData(languageModel !== undefined),
      Environment: parameters(renderEnvironment(settings)),
    },
    ...(settings.vpcConfig && { VpcConfig: toApi(settings.vpcConfig) }),
    Tags: renderTags(),
  };
}

function renderEnvironment({ languageModel, pipeline }: EndpointSettings): Record<string, string> {
  const digest = `${REGISTERED}.digest`;
  if (languageModel === undefined)
    return serverEnvironment({ pipeline, version: `${REGISTERED}.version`, digest });
  const { load, size } = languageModel;
  return lmiEnvironment({ load, modelBytes: size.weightBytes, digest });
}

/** Parameters of CreateEndpointConfig. */
export function renderConfig(settings: EndpointSettings): object {
  const { machine, replicas, serverless, capture, diskKeyArn, languageModel, queue } = settings;
  const modelBytes = languageModel?.size.weightBytes;
  return {
    'EndpointConfigName.$': NAME,
    ProductionVariants: [
      toApi(renderVariant({ modelName: NAME, machine, replicas, serverless, modelBytes })),
    ],
    ...(capture && { DataCaptureConfig: toApi(capture) }),
    ...(queue && { AsyncInferenceConfig: toApi(queue) }),
    ...(diskKeyArn !== undefined && { KmsKeyId: diskKeyArn }),
    Tags: renderTags(),
  };
}

function renderTags(): object[] {
  return [
    { Key: 'model-pipeline:version', 'Value.$': `${REGISTERED}.version` },
    { Key: 'model-pipeline:digest', 'Value.$': `${REGISTERED}.digest` },
  ];
}
