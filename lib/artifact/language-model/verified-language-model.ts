import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issue, IssueError, type Issue } from '../../issue';
import type { LanguageModelSignature } from '../../pipeline/definition';
import { attempt } from '../json-file';
import {
  digestDirectory,
  type FileDigest,
  LANGUAGE_MODEL_DIRECTORY,
  manifestIssues,
  readManifest,
  signedDigests,
} from '../manifest';
import { provenanceIssues } from '../provenance/verify-signature';
import { readReport, reportIssues } from '../read-report';
import type { VerificationReport } from '../report';
import type { VerifiedArtifactOptions } from '../verified-artifact';
import { LanguageModel } from './language-model';
import { type Prompts, PROMPTS_FILE, readPrompts } from './prompts';
import { configIssues, readLanguageModelSignature, sizeIssues } from './signature';

/** The version directory of a language model whose every file is the one that was verified and registered. */
export class VerifiedLanguageModel {
  /**
   * Reads a version directory and checks it: synchronous, for use in constructs. Reads every file
   * once, to compare its digest.
   *
   * @throws IssueError with everything that is wrong; each fix names the command that mends it
   */
  static fromDirectory(directory: string, options: VerifiedArtifactOptions = {}): VerifiedLanguageModel {
    const root = resolve(directory);
    const subject = `version ${directory}`;
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
      const fix = 'make a version with `model-pipeline run <example>`, or correct the path';
      throw new IssueError(subject, [issue('version-missing', root, 'is not a directory that exists', fix)]);
    }
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
    return new VerifiedLanguageModel(root, pipeline, version, model, signature, prompts, report);
  }

  private constructor(
    /** Absolute path. */
    readonly directory: string,
    readonly pipeline: string,
    /** 12 hexadecimal digits. */
    readonly version: string,
    /** What `model/` of the version holds. */
    readonly model: LanguageModel,
    /** What was declared, and what the model is. */
    readonly signature: Required<LanguageModelSignature>,
    /** What a release is tried with. */
    readonly prompts: Prompts,
    readonly report: VerificationReport,
  ) {}
}

/** Digests of a model's files by their paths in its version. */
export function inVersion(files: Readonly<Record<string, FileDigest>>): Record<string, FileDigest> {
  return Object.fromEntries(
    Object.entries(files).map(([path, digest]) => [`${LANGUAGE_MODEL_DIRECTORY}/${path}`, digest]),
  );
}
