export { archiveIssues } from './archive/archive-issues';
export type { ArchiveLimits } from './archive/entry';
export type { Budgets, Costs } from './budget/judge-budgets';
export { providerShare, type ProviderShare } from './budget/provider-share';
export { ONNXRUNTIME, type RuntimeSupport, TRITON } from './budget/serving-runtimes';
export { type ServingTarget, targetIssues } from './budget/target-compatibility';
export { budgets } from './checks/budgets';
export { finiteExtremes } from './checks/extremes';
export { parity, type ParityCheckOptions } from './checks/parity';
export { type ProviderOptions, providers } from './checks/providers';
export { requestSize } from './checks/request-size';
export { target } from './checks/target';
export { requestSizeIssues, type ServiceName } from './contract/request-size';
export { type CompareOptions, compareModels, type Parity } from './parity/compare-models';
export type { OutputParity } from './parity/compare-output';
export type { NameMap } from './parity/correspondence';
export {
  type Divergence,
  type DivergenceOptions,
  type DivergentTensor,
  firstDivergence,
} from './parity/divergence/first-divergence';
export type { ModelVariant } from './parity/divergence/graph-probe';
export type { TracedNode } from './parity/divergence/tensor-pairs';
export type { DifferenceHistogram } from './parity/histogram';
export type { OutputMeasures, WorstElement } from './parity/measure-output';
export { openModel } from './parity/open-model';
export type { ParitySample } from './parity/parity-sample';
export { randomSamples, type RandomSamplesOptions } from './parity/random-samples';
export { renderDivergence, renderParity } from './parity/render-parity';
export type { RunnableModel, RunOptions } from './parity/runnable-model';
export type { OptimizationLevel } from './parity/session/open-session';
export { DTYPE_TOLERANCES, type ElementLimits, type ParityTolerance } from './parity/tolerance';
export { type Check, judged, type Outcome, passed, skipped } from './checks/check';
export * from './compare';
export { diffModels } from './diff/diff-models';
export * from './diff/model-diff';
export { renderDiff } from './diff/render-diff';
export { renderConformance } from './conformance/render';
export * from './conformance/result';
export { type ConformanceOptions, runConformance } from './conformance/run-conformance';
export { sha256File } from './digest';
export * from './golden';
export { type FileDigest, type Manifest, readManifest, type Runtime, versionId } from './manifest';
export type { LanguageModelConfig } from './language-model/config';
export type { LanguageModel } from './language-model/language-model';
export { type Prompts, readPrompts } from './language-model/prompts';
export {
  type RegisteredLanguageModel,
  VerifiedLanguageModel,
} from './language-model/verified-language-model';
export { verifyLanguageModel, type VerifyLanguageModelOptions } from './language-model/verify-language-model';
export type { ModelEstimates } from './onnx/estimates';
export { type InspectOptions, inspectModel, type ModelInspection } from './onnx/inspect-model';
export * from './onnx/model-info';
export type { ModelStructure } from './onnx/model-structure';
export { readModel, readStructure } from './onnx/read-model';
export { type CheckSelection } from './plan-checks';
export { Preprocessing } from './preprocessing/preprocessing';
export { type AwsKmsClient, awsKmsSigner } from './provenance/aws-kms-signer';
export { type GoogleKmsSignerOptions, googleKmsSigner } from './provenance/google-kms-signer';
export type { PublicKey } from './provenance/keys';
export { signDirectory } from './provenance/sign';
export { keySigner, type Signer } from './provenance/signer';
export { renderModel } from './render-model';
export { renderReport } from './render-report';
export { reportHtml } from './report-html/page';
export * from './report';
export { SECURITY_RULES, type SecurityRule } from './rules';
export {
  type LoadOptions,
  type ExecutionProvider,
  ModelProcess,
  type ModelProcessOptions,
  type RuntimeSpec,
  type TimedRun,
} from './runtime/model-process';
export { RuntimePool, type RuntimePoolOptions } from './runtime/runtime-pool';
export type { RuntimeProcessOptions } from './runtime/runtime-process';
export type { Weights } from './safetensors/read-weights';
export { type SarifLog, type SarifOptions, toSarif } from './sarif';
export { readSignature } from './signature';
export { summarizeTimes } from './checks/latency';
export { concatBatch, sliceBatch } from './tensor-batch';
export { tensorFromJson, tensorToJson, type JsonTensor } from './tensor-json';
export {
  allocate,
  type AnyTensor,
  elementCount,
  type ElementType,
  isDtype,
  toNumbers,
  type Tensor,
  type TensorData,
} from './tensor';
export type { Subject } from './subject';
export { VerifiedArtifact, type VerifiedArtifactOptions } from './verified-artifact';
export { scanModel, verifyArtifact, type VerifyEvent, type VerifyOptions } from './verify';
