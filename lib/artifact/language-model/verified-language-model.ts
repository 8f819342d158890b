import { existsSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { issue, IssueError, throwIssues, type Issue } from '../../issue';
import type { LanguageModelSignature } from '../../pipeline/definition';
import { attempt } from '../json-file';
import {
  digestDirectory,
  type FileDigest,
  LANGUAGE_MODEL_DIRECTORY,
  MANIFEST_FILE,
  manifestIssues,
  readManifest,
  signedDigests,
} from '../manifest';
import { provenanceIssues } from '../provenance/verify-signature';
import { LANGUAGE_MODEL_FILE, readReport, reportIssues, verifyCommandLine } from '../read-report';
import type { VerificationReport } from '../report';
import type { VerifiedArtifactOptions } from '../verified-artifact';
import { LanguageModel } from './language-model';
import { type Prompts, PROMPTS_FILE, readPrompts } from './prompts';
import { configIssues, readLanguageModelSignature, sizeIssues } from './signature';

/** A version that a pipeline registered, with all that its definition declared. */
export type RegisteredLanguageModel = VerifiedLanguageModel &
  Required<Pick<VerifiedLanguageModel, 'pipeline' | 'signature' | 'prompts'>>;

/** A language model whose every file is the one that was verified. */
export class VerifiedLanguageModel {
  /**
   * Reads the version directory of a registered model and checks it: synchronous, for use in constructs.
   * Reads every file once, to compare its digest.
   *
   * @throws IssueError with everything that is wrong; each fix names the command that mends it
   */
  static fromDirectory(directory: string, options: VerifiedArtifactOptions = {}): RegisteredLanguageModel {
    const root = resolve(directory);
    const subject = `version ${directory}`;
    throwIssues(subject, placeIssues(root, directory));
    const issues: Issue[] = [];
    const reportFile = join(root, 'verification.json');
    const manifest = attempt(issues, () => readManifest(root));
    if (manifest && manifest.runtime !== 'vllm') {
      const message = `is a version for ${manifest.runtime}, not of a language model`;
      const fix = 'read it with VerifiedArtifact.fromDirectory';
      throw new IssueError(subject, [issue('version-kind', root, message, fix)]);
    }
    const model = attempt(issues, () => LanguageModel.fromDirectory(join(root, LANGUAGE_MODEL_DIRECTORY)));
    const files = digestDirectory(root, model && inVersion(model.files));
    const report = attempt(issues, () => readReport(reportFile));
    const signature = attempt(issues, () => readLanguageModelSignature(join(root, 'signature.json')));
    const prompts = attempt(issues, () => readPrompts(join(root, PROMPTS_FILE)));
    if (manifest) issues.push(...manifestIssues(root, manifest, files));
    if (model && report) {
      issues.push(
        ...reportIssues(report, { file: reportFile, directory: model.directory, files: model.files }),
      );
    }
    if (model && signature) {
      issues.push(
        ...configIssues(model.config, signature, join(model.directory, 'config.json')),
        ...sizeIssues(model.weights, signature, model.directory),
      );
    }
    if (options.publicKey !== undefined) {
      issues.push(...provenanceIssues(root, options.publicKey, signedDigests(root, files)));
    }
    if (issues.length > 0 || !manifest || !model || !report || !signature || !prompts)
      throw new IssueError(subject, issues);
    const { pipeline, version } = manifest;
    const declared = { pipeline, signature, prompts };
    return new VerifiedLanguageModel(root, version, model, report, declared) as RegisteredLanguageModel;
  }

  /**
   * Reads the files of a model that was made elsewhere, as Hugging Face lays them out, and holds them to a
   * report: synchronous, for use in constructs. Reads every file once, to compare its digest.
   *
   * @param reportFile written by `model-pipeline verify <directory> --report <file>`
   * @throws IssueError with everything that is wrong; each fix names the command that mends it
   */
  static fromFiles(directory: string, reportFile: string): VerifiedLanguageModel {
    const issues: Issue[] = [];
    const model = attempt(issues, () => LanguageModel.fromDirectory(directory));
    const command = verifyCommandLine(directory, reportFile);
    const report = attempt(issues, () => readReport(reportFile, `verify the model with \`${command}\``));
    if (model && report) {
      issues.push(
        ...reportIssues(report, { file: reportFile, directory, files: model.files, declared: false }),
      );
    }
    if (issues.length > 0 || !model || !report) throw new IssueError(`language model ${directory}`, issues);
    return new VerifiedLanguageModel(model.directory, model.version, model, report);
  }

  /** The pipeline that registered it. Absent where it was made elsewhere, as are signature and prompts. */
  readonly pipeline?: string;
  /** What was declared, and what the model is. */
  readonly signature?: Required<LanguageModelSignature>;
  /** What a release is tried with. */
  readonly prompts?: Prompts;

  private constructor(
    /** Absolute path: of the version, or of the files. */
    readonly directory: string,
    /** 12 hexadecimal digits. */
    readonly version: string,
    /** The files: those in `model/` of a version. */
    readonly model: LanguageModel,
    readonly report: VerificationReport,
    declared: Pick<VerifiedLanguageModel, 'pipeline' | 'signature' | 'prompts'> = {},
  ) {
    this.pipeline = declared.pipeline;
    this.signature = declared.signature;
    this.prompts = declared.prompts;
  }
}

/** Why a directory cannot be a version. */
function placeIssues(root: string, directory: string): Issue[] {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    const fix = 'make a version with `model-pipeline run <example>`, or correct the path';
    return [issue('version-missing', root, 'is not a directory that exists', fix)];
  }
  if (existsSync(join(root, MANIFEST_FILE)) || !existsSync(join(root, LANGUAGE_MODEL_FILE))) return [];
  const command = verifyCommandLine(directory, `${basename(root)}.json`);
  const fix = `verify them with \`${command}\`, and take both with VerifiedLanguageModel.fromFiles`;
  return [issue('version-kind', root, 'holds the files of a language model, and is no version of one', fix)];
}

/** Digests of a model's files by their paths in its version. */
export function inVersion(files: Readonly<Record<string, FileDigest>>): Record<string, FileDigest> {
  return Object.fromEntries(
    Object.entries(files).map(([path, digest]) => [`${LANGUAGE_MODEL_DIRECTORY}/${path}`, digest]),
  );
}
