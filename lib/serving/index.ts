export type { CaptureOptions } from './capture';
export { curlExample } from './curl-example';
export { type CloudStorageAccess, fetchModel } from './fetch-model';
export { findModel, type FindModelOptions } from './find-model';
export type { ServerEvent, ServerOptions } from './options';
export { protocolMetadataIssues } from './protocol-metadata';
export type { ServedModel } from './served-model';
export { createServer, type InferenceServer, type ListenOptions } from './server';
export { smokeTest, type SmokeTestResult } from './smoke-test';
