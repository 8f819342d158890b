import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageModelSignature } from '../../pipeline/definition';
import { FileDigests } from '../file-digests';
import { readJsonObject, type JsonObject } from '../json-file';
import { readShards, type Shard } from '../safetensors/read-weights';
import { parseConfig, type LanguageModelConfig } from './config';
import { listModelFiles, weightFiles } from './files';

export interface SubjectOptions {
  /** What the model is held to. @default - its own `config.json` alone */
  readonly signature?: LanguageModelSignature;
  /** Ends the verification: its promise is rejected with the signal's reason. @default - never */
  readonly signal?: AbortSignal;
}

/** What the checks of a language model look at; each part is read when it is first asked for. */
export class LanguageModelSubject {
  /** Names of what is there, but hidden files. */
  readonly names: readonly string[];
  readonly signature?: LanguageModelSignature;
  readonly signal?: AbortSignal;
  readonly digests: FileDigests;
  private headers: readonly Shard[] | undefined;

  constructor(
    readonly directory: string,
    { signature, signal }: SubjectOptions,
  ) {
    this.names = listModelFiles(directory);
    this.signature = signature;
    this.signal = signal;
    this.digests = new FileDigests(signal);
  }

  get configFile(): string {
    return join(this.directory, 'config.json');
  }

  /** Names of the files, without directories and links. */
  plainFiles(): string[] {
    const plain = readdirSync(this.directory, { withFileTypes: true }).filter((entry) => entry.isFile());
    return this.names.filter((name) => plain.some((entry) => entry.name === name));
  }

  /** @throws IssueError when `config.json` is no JSON object */
  json(): JsonObject {
    return readJsonObject(this.configFile, 'language model', 'save the model again');
  }

  /** @throws IssueError when `config.json` is not one of a causal language model */
  config(): LanguageModelConfig {
    return parseConfig(this.json(), this.configFile);
  }

  /** @throws IssueError when a header does not account for every byte, or files and index differ */
  shards(): readonly Shard[] {
    this.headers ??= readShards(this.directory, weightFiles(this.names));
    return this.headers;
  }
}
