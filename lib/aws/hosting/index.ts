export type { AsynchronousOptions } from './asynchronous';
export type { ComponentsOptions } from './components';
export { Hosting } from './hosting';
export type { HostingBinding } from './hosting-mode';
export type { ChallengerProps, RealTimeOptions, ShadowProps, VariantProps } from './real-time';
export type { ServerlessOptions } from './serverless';
