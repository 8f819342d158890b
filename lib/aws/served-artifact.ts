import type { CfnTag } from 'aws-cdk-lib/core';
import { VerifiedArtifact } from '../artifact/verified-artifact';
import type { Issue } from '../issue';
import { DIGEST_TAG } from './scaling-tags';
import { ServedLanguageModel } from './served-language-model';

/** Plain JavaScript can pass anything for an artifact. */
export function checkArtifact(artifact: unknown, path = 'artifact'): Issue[] {
  if (artifact instanceof VerifiedArtifact || artifact instanceof ServedLanguageModel) return [];
  return [
    {
      code: 'artifact-not-verified',
      path,
      message: 'is not a verified artifact',
      fix: 'Pass VerifiedArtifact.fromDirectory(directory) of a registered version, or a ServedLanguageModel.',
    },
  ];
}

interface Identity {
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly version: string;
}

/** What tells one model from another in a logical id. */
export function shortDigest({ digest }: Identity): string {
  return digest.slice(0, 12);
}

export function artifactTags({ digest, version }: Identity): CfnTag[] {
  return [
    { key: 'model-pipeline:version', value: version },
    { key: DIGEST_TAG, value: digest },
  ];
}
