import './require-peers';

export { findMachine, type GoogleMachine } from '../hardware';
export { ApprovalAlert, type ApprovalAlertProps } from './approval-alert';
export {
  ArtifactStore,
  type ArtifactStoreAttributes,
  type ArtifactStoreProps,
  type IArtifactStore,
} from './artifact-store';
export { CloudRunEndpoint, type CloudRunEndpointProps } from './cloud-run-endpoint';
export {
  ContainerImage,
  type ImagePin,
  type PytorchImageOptions,
  type RepositoryImage,
  type TensorflowImageOptions,
} from './container-image';
export { ContainerJob, type ContainerJobProps } from './container-job';
export { ContainerRegistry, type ContainerRegistryProps } from './container-registry';
export type { CloudRunResources } from './cloud-run-resources';
export { DriftMonitor, type DriftMonitorProps } from './drift-monitor';
export type { EndpointAccess } from './endpoint-access';
export { type EndpointAlarmLevels, EndpointAlarms, type EndpointAlarmsProps } from './endpoint-alarms';
export type { CloudRunReference, EndpointReference, VertexEndpointReference } from './endpoint-metrics';
export { FailureAlert, type FailureAlertProps } from './failure-alert';
export { FeedbackLoop, type FeedbackLoopProps } from './feedback-loop';
export { JobCode, type JobCodeProps } from './job-code';
export type { AlarmActions } from './leveled-alarms';
export { ModelAge, type ModelAgeProps } from './model-age';
export { ModelBaseline } from './model-baseline';
export { ModelConversion } from './model-conversion';
export { ModelEndpoint, type ModelEndpointProps } from './model-endpoint';
export { ModelPipeline, type ModelPipelineProps } from './model-pipeline';
export { ModelRegistration, type ModelRegistrationProps } from './model-registration';
export { ModelRegistry, type ModelRegistryProps } from './model-registry';
export { ModelVerification } from './model-verification';
export type { NetworkProps } from './network';
export { NotificationChannels, type NotificationChannelsProps } from './notification-channels';
export { PipelineAlarms, type PipelineAlarmsProps } from './pipeline-alarms';
export { PipelineDashboard, type PipelineDashboardProps } from './pipeline-dashboard';
export type { PipelineAccess, PipelineEndpoint } from './pipeline-endpoint';
export type { PipelineService } from './pipeline-service';
export type { NewData, Starts } from './pipeline-starts';
export { ProcessingJob, type ProcessingJobProps } from './processing-job';
export { ProgramFunction, type ProgramFunctionProps, type ProgramStepProps } from './program-function';
export type { Project } from './project';
export { RequestLog, type RequestLogProps } from './request-log';
export { type Acknowledgment, ModelPipelineRules } from './rules';
export type { ReleaseWorkflowProps, Rollback, Teardown } from './rollback';
export { ServedArtifact, type ServedArtifactProps } from './served-artifact';
export { ServiceKey, type ServiceKeyProps } from './service-key';
export type {
  OnnxRuntimeOptions,
  OwnContainerOptions,
  ServedVersion,
  ServingContainer,
  VllmOptions,
} from './serving-container';
export { ServingRuntime } from './serving-runtime';
export { SmokeTest, type SmokeTestProps } from './smoke-test';
export { StepAccount, type StepAccountProps } from './step-account';
export type { StoreLocation, StoreLocations } from './store-location';
export { TrainingJob, type TrainingJobProps } from './training-job';
export type { TrainingProps } from './training-request';
export { TuningJob, type TuningJobProps } from './tuning-job';
export { WorkflowDefinition, type WorkflowDefinitionProps } from './workflow-definition';
export type { WorkflowSchedule } from './workflow-schedule';
export type { Steps, WorkflowSource, WorkflowStep } from './workflow/source';
