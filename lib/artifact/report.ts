import type { Issue } from '../issue';
import type { Json } from '../pipeline/definition';
import type { LanguageModelConfig } from './language-model/config';
import type { ModelSummary } from './onnx/model-info';
import type { Weights } from './safetensors/read-weights';

export type Verdict = 'passed' | 'failed' | 'skipped';

/** What one check found. A skipped check says why in `detail`. */
export interface CheckResult {
  /** Stable, kebab-case: `"golden-tensors"`. */
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  /** One sentence: what was measured, or why the check was skipped. */
  readonly detail: string;
  /** What is wrong; `code` is the rule's id. */
  readonly findings: readonly Issue[];
  /** What was measured, for programs; its form is the check's own. */
  readonly data?: Json;
}

/**
 * `verification.json`: what was checked of one model, bound to the SHA-256 of its bytes. `model` is the
 * ONNX file, or the `config.json` of a language model, whose other files are its external data.
 */
export interface VerificationReport {
  readonly schemaVersion: 1;
  /** `failed` when any check failed; skipped checks do not fail a report, but are listed. */
  readonly verdict: 'passed' | 'failed';
  readonly model: VerifiedFile & { readonly externalData: readonly VerifiedFile[] };
  readonly verifier: {
    readonly version: string;
    /** Absent where nothing was to be run in it. */
    readonly onnxruntime?: string;
    readonly node: string;
  };
  /** Absent where there was nothing to compare. */
  readonly tolerance?: { readonly absolute: number; readonly relative: number };
  /** Absent when the file could not be read as an ONNX model. */
  readonly summary?: ModelSummary;
  /** Absent when the files could not be read as a language model. */
  readonly languageModel?: LanguageModelSummary;
  readonly checks: readonly CheckResult[];
  /** Absent when nothing was run. */
  readonly latency?: Latency;
}

/** What a language model's files say of it. */
export interface LanguageModelSummary extends LanguageModelConfig, Weights {}

/** Time of one golden sample in the runtime, without transport. */
export interface Latency {
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface VerifiedFile {
  /** Relative to the verified directory. */
  readonly file: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}
