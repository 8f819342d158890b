import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { IssueError, type Issue } from '../../issue';
import { attempt, readJsonObject } from '../json-file';
import type { FileDigest } from '../manifest';
import { readShards, summarizeWeights, type Weights } from '../safetensors/read-weights';
import { type LanguageModelConfig, parseConfig } from './config';
import { digestFiles, fileIssues, listModelFiles, weightFiles } from './files';

const SUBJECT = 'language model';
const DOWNLOAD = 'download the whole model: `hf download <model> --local-dir <directory>`';

/**
 * A causal language model as Hugging Face lays it out, of which everything was looked at: only data in
 * known formats, weights in safetensors files whose headers account for every byte, no code. Its weights are
 * not read: `VerifiedLanguageModel` is held to a report that says they were.
 */
export class LanguageModel {
  /**
   * Reads a directory with `config.json`, a tokenizer and `*.safetensors`: synchronous, for use in
   * constructs. Reads every file once, to digest it.
   *
   * @throws IssueError with everything that is wrong
   */
  static fromDirectory(directory: string): LanguageModel {
    const root = resolve(directory);
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
      const message = 'is not a directory that exists';
      throw new IssueError(SUBJECT, [{ code: 'language-model-missing', path: root, message, fix: DOWNLOAD }]);
    }
    const names = listModelFiles(root);
    const issues: Issue[] = fileIssues(root, names);
    const file = join(root, 'config.json');
    const config = attempt(issues, () => parseConfig(readJsonObject(file, SUBJECT, DOWNLOAD), file));
    const weights = attempt(issues, () => summarizeWeights(readShards(root, weightFiles(names))));
    if (issues.length > 0 || !config || !weights) throw new IssueError(`${SUBJECT} ${directory}`, issues);
    const files = digestFiles(root, names);
    return new LanguageModel(root, files, config, weights, digestOf(files));
  }

  private constructor(
    /** Absolute path. */
    readonly directory: string,
    /** By path relative to the directory. */
    readonly files: Readonly<Record<string, FileDigest>>,
    readonly config: LanguageModelConfig,
    readonly weights: Weights,
    /** SHA-256 over the lines `<sha256>  <path>` of all files: what `sha256sum` prints for them. */
    readonly digest: string,
  ) {}

  /** The first 12 digits of the digest. */
  get version(): string {
    return this.digest.slice(0, 12);
  }

  /** Size of all files. */
  get bytes(): number {
    return Object.values(this.files).reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

function digestOf(files: Readonly<Record<string, FileDigest>>): string {
  const lines = Object.entries(files).map(([path, { sha256 }]) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
