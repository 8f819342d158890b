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
export { ContainerImage, type TrainingImageOptions, type TritonImageOptions } from './container-image';
export { EndpointAlarms, type EndpointAlarmsProps } from './endpoint-alarms';
export type { EndpointReference } from './endpoint-metrics';
export { GateFunction, type GateFunctionProps } from './gate-function';
export type { JobProps } from './job';
export { JobCode, type JobCodeProps } from './job-code';
export { ModelBaseline } from './model-baseline';
export { ModelConversion } from './model-conversion';
export { type EndpointCapture, ModelEndpoint, type ModelEndpointProps } from './model-endpoint';
export { ModelPipeline, type ModelPipelineProps } from './model-pipeline';
export { ModelRegistration } from './model-registration';
export { ModelRegistry, type ModelRegistryProps } from './model-registry';
export { ModelVerification } from './model-verification';
export type { NetworkProps } from './network';
export { NotificationTopic, type NotificationTopicProps } from './notification-topic';
export { PipelineDashboard, type PipelineDashboardProps } from './pipeline-dashboard';
export { ProcessingJob, type ProcessingJobProps } from './processing-job';
export { ProgramFunction, type ProgramFunctionProps, type ProgramStepProps } from './program-function';
export { SmokeTest, type SmokeTestProps } from './smoke-test';
export type { StoreLocation, StoreLocations } from './store-location';
export { TrainingJob, type TrainingJobProps } from './training-job';
