import { join } from 'node:path';
import type { Issue } from '../../issue';
import { count, judged, type Outcome, passed, skipped } from '../checks/check';
import { judgeProvenance, provenance } from '../checks/provenance';
import { describeNotFinite } from '../not-finite';
import type { PublicKey } from '../provenance/keys';
import { notFiniteTensors } from '../safetensors/not-finite-tensors';
import { summarizeWeights } from '../safetensors/read-weights';
import { fileIssues } from './files';
import { configIssues, sizeIssues } from './signature';
import type { LanguageModelSubject } from './subject';
import { tensorIssues } from './tensor-issues';
import { tokenizerIssues } from './tokenizer-issues';

/** One thing that is checked of a language model. */
export interface LanguageModelCheck {
  /** Stable, kebab-case; part of the report. */
  readonly id: string;
  /** What holds when it passes, as a sentence. */
  readonly title: string;
  /** Checks that must have passed for this one to be run. */
  readonly after: readonly string[];
  /** An `IssueError` it throws counts as failed, with the error's issues as findings. */
  readonly run: (subject: LanguageModelSubject) => Outcome | Promise<Outcome>;
}

const files: LanguageModelCheck = {
  id: 'lm-files',
  title: 'All files only hold data',
  after: [],
  run: ({ directory, names }) => judge(fileIssues(directory, names), count(names.length, 'file')),
};

const config: LanguageModelCheck = {
  id: 'lm-config',
  title: 'config.json is that of a causal language model without code of its own',
  after: [],
  run: (subject) => {
    const { architecture, layers, contextTokens } = subject.config();
    return passed(`${architecture}, ${count(layers, 'layer')}, ${count(contextTokens, 'token')}`);
  },
};

const weights: LanguageModelCheck = {
  id: 'lm-weights',
  title: 'The headers of the weights account for every byte and every layer',
  after: ['lm-config'],
  run: (subject) => {
    const shards = subject.shards();
    const { tensors, parameters } = summarizeWeights(shards);
    const entries = shards.flatMap((shard) => shard.entries);
    return judge(
      tensorIssues(entries, subject.config(), subject.json(), subject.directory),
      `${count(tensors, 'tensor')}, ${count(parameters, 'parameter')}`,
    );
  },
};

const signature: LanguageModelCheck = {
  id: 'lm-signature',
  title: 'The model is the one that was declared',
  after: ['lm-config', 'lm-weights'],
  run: (subject) => {
    if (!subject.signature) return skipped('no signature was given');
    const { directory, configFile } = subject;
    return judge(
      [
        ...configIssues(subject.config(), subject.signature, configFile),
        ...sizeIssues(summarizeWeights(subject.shards()), subject.signature, directory),
      ],
      'config.json and the size of the weights agree with the signature',
    );
  },
};

const finite: LanguageModelCheck = {
  id: 'lm-weights-finite',
  title: 'Every weight is a finite number',
  after: ['lm-weights'],
  run: async (subject) => {
    const found = await notFiniteTensors(subject.directory, subject.shards(), subject.signal);
    const fix = 'train again from the last checkpoint with finite weights; this model answers nonsense';
    const issues = found.map(({ name, file, ...counts }) => ({
      code: 'language-model-not-finite',
      path: `${join(subject.directory, file)}: ${name}`,
      message: `holds ${describeNotFinite(counts)}`,
      fix,
    }));
    return judge(issues, 'no NaN and no infinity');
  },
};

const tokenizer: LanguageModelCheck = {
  id: 'lm-tokenizer',
  title: 'Every token has a row in the embedding',
  after: ['lm-files', 'lm-config'],
  run: (subject) => {
    if (!subject.names.includes('tokenizer.json')) return skipped('only tokenizer.json is read');
    return judge(tokenizerIssues(subject), 'tokenizer.json and vocab_size agree');
  },
};

/** In the order they are run. */
export const LANGUAGE_MODEL_CHECKS: readonly LanguageModelCheck[] = [
  files,
  config,
  tokenizer,
  weights,
  signature,
  finite,
];

/** Whether the holder of a key signed the version that the model is part of. */
export function provenanceCheck(version: string, publicKey: PublicKey): LanguageModelCheck {
  const { id, title } = provenance;
  return { id, title, after: [], run: ({ digests }) => judgeProvenance(version, publicKey, digests) };
}

export function judge(issues: readonly Issue[], success = ''): Outcome {
  return judged(issues, count(issues.length, 'problem'), success);
}
