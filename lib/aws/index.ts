import './require-peers';

export { type AwsMachine, findMachine } from '../hardware';
export {
  ArtifactStore,
  type ArtifactStoreAttributes,
  type ArtifactStoreProps,
  type IArtifactStore,
} from './artifact-store';
export type { State, StateMachineDefinition, States } from './asl';
export type { FunctionOptions } from './bundled-function';
export {
  ContainerImage,
  type ImageAssetOptions,
  type TrainingImageOptions,
  type TritonImageOptions,
} from './container-image';
export { type EndpointAlarmLevels } from './alarm-levels';
export { type AlarmActions, AlarmStrategy, atBothLevels } from './alarm-strategy';
export { DriftMonitor, type DriftMonitorProps } from './drift-monitor';
export { EndpointAlarms, type EndpointAlarmsProps } from './endpoint-alarms';
export type { IModelEndpoint } from './endpoint-base';
export type { EndpointReference } from './endpoint-metrics';
export { FeedbackLoop, type FeedbackLoopProps } from './feedback-loop';
export { GateFunction, type GateFunctionProps } from './gate-function';
export {
  type AsynchronousOptions,
  type ChallengerProps,
  type ComponentsOptions,
  Hosting,
  type RealTimeOptions,
  type ServerlessOptions,
  type ShadowProps,
  type VariantProps,
} from './hosting';
export type { JobProps } from './job';
export { JobCode, type JobCodeProps } from './job-code';
export type { DurationLevels } from './leveled-alarms';
export { lmiImage, type LmiVersion } from './lmi-image';
export { ModelAge, type ModelAgeProps } from './model-age';
export { ModelBaseline } from './model-baseline';
export { ModelConversion } from './model-conversion';
export { type EndpointCapture, ModelEndpoint, type ModelEndpointProps } from './model-endpoint';
export { ModelPipeline, type ModelPipelineProps } from './model-pipeline';
export { ModelRegistration, type ModelRegistrationProps } from './model-registration';
export { type IModelRegistry, ModelRegistry, type ModelRegistryProps } from './model-registry';
export { ModelVerification } from './model-verification';
export { acknowledgeFindings } from './nag';
export type { NetworkProps } from './network';
export { NotificationTopic, type NotificationTopicProps } from './notification-topic';
export { PipelineAlarms, type PipelineAlarmsProps } from './pipeline-alarms';
export { PipelineDashboard, type PipelineDashboardProps } from './pipeline-dashboard';
export { ProcessingJob, type ProcessingJobProps } from './processing-job';
export { ProgramFunction, type ProgramFunctionProps, type ProgramStepProps } from './program-function';
export { ProgramJob, type ProgramJobProps } from './program-job';
export { RequestQueue, type RequestQueueOptions } from './request-queue';
export { ModelPipelineRules } from './rules';
export type { RollbackMachine } from './rollback-machine';
export { ServedLanguageModel, type ServedLanguageModelProps } from './served-language-model';
export type { ModelProps } from './served-model';
export { SmokeTest, type SmokeTestProps } from './smoke-test';
export type { StoreLocation, StoreLocations } from './store-location';
export { TrainingJob, type TrainingJobProps } from './training-job';
export type { SpotOptions, TrainingProps } from './training-request';
export { TuningJob, type TuningJobProps } from './tuning-job';
