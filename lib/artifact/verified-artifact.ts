import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { issue, IssueError, type Issue } from '../issue';
import type { ModelSignature } from '../pipeline/definition';
import { attempt } from './json-file';
import {
  digestDirectory,
  manifestIssues,
  readManifest,
  signedDigests,
  WEIGHTS_FILE,
  type Runtime,
} from './manifest';
import type { PublicKey } from './provenance/keys';
import { provenanceIssues } from './provenance/verify-signature';
import { readReport, reportIssues } from './read-report';
import type { VerificationReport } from './report';
import { readSignature } from './signature';

export interface VerifiedArtifactOptions {
  /**
   * Key whose holder must have signed the version, as PEM; `model.sig` there is the signature.
   * @default - a signature is not asked for
   */
  readonly publicKey?: PublicKey;
}

/** A version directory whose every file is the one that was verified and registered. */
export class VerifiedArtifact {
  /**
   * Reads a version directory and checks it: synchronous, for use in constructs. Reads every file
   * once, to compare its digest.
   *
   * @throws IssueError with everything that is wrong; each fix names the command that mends it
   */
  static fromDirectory(directory: string, options: VerifiedArtifactOptions = {}): VerifiedArtifact {
    const root = resolve(directory);
    const subject = `version ${directory}`;
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
      const fix = 'make a version with `model-pipeline run <example>`, or correct the path';
      const message = 'is not a directory that exists';
      throw new IssueError(subject, [issue('version-missing', root, message, fix)]);
    }
    const issues: Issue[] = [];
    const reportFile = join(root, 'verification.json');
    const manifest = attempt(issues, () => readManifest(root));
    if (manifest?.runtime === 'vllm') throw new IssueError(subject, [languageModelIssue(root)]);
    const files = digestDirectory(root);
    const report = attempt(issues, () => readReport(reportFile));
    const signature = attempt(issues, () => readSignature(join(root, 'signature.json')));
    if (manifest) issues.push(...manifestIssues(root, manifest, files));
    if (report) issues.push(...reportIssues(report, { file: reportFile, directory, files }));
    if (options.publicKey !== undefined) {
      issues.push(...provenanceIssues(root, options.publicKey, signedDigests(root, files)));
    }
    const model = manifest?.files['model.onnx'];
    if (issues.length > 0 || !manifest || !model || !report || !signature)
      throw new IssueError(subject, issues);
    const { pipeline, version, runtime } = manifest;
    const archive = join(root, 'model.tar.gz');
    const { sha256 } = model;
    const bytes = model.bytes + (files[WEIGHTS_FILE]?.bytes ?? 0);
    return new VerifiedArtifact(root, pipeline, version, sha256, bytes, signature, report, runtime, archive);
  }

  private constructor(
    /** Absolute path. */
    readonly directory: string,
    readonly pipeline: string,
    /** 12 hexadecimal digits. */
    readonly version: string,
    /** SHA-256 of `model.onnx`, hexadecimal. */
    readonly digest: string,
    /** Size of `model.onnx`, with the weights that lie beside it. */
    readonly bytes: number,
    readonly signature: ModelSignature,
    readonly report: VerificationReport,
    readonly runtime: Runtime,
    /** Absolute path of `model.tar.gz`. */
    readonly archive: string,
  ) {}
}

function languageModelIssue(path: string): Issue {
  const message = 'is the version of a language model, which vLLM serves';
  const fix = 'serve its model/ with vLLM; in code, read it with VerifiedLanguageModel.fromDirectory';
  return issue('version-kind', path, message, fix);
}
