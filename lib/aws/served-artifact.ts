import type { CfnTag } from 'aws-cdk-lib/core';
import { VerifiedArtifact } from '../artifact/verified-artifact';
import type { Issue } from '../issue';

/** Plain JavaScript can pass anything for an artifact. */
export function checkArtifact(artifact: unknown): Issue[] {
  if (artifact instanceof VerifiedArtifact) return [];
  return [
    {
      code: 'artifact-not-verified',
      path: 'artifact',
      message: 'is not a verified artifact',
      fix: 'Pass VerifiedArtifact.fromDirectory(directory) of a registered version.',
    },
  ];
}

/** What tells one model from another in a logical id. */
export function shortDigest({ digest }: VerifiedArtifact): string {
  return digest.slice(0, 12);
}

export function artifactTags({ digest, version }: VerifiedArtifact): CfnTag[] {
  return [
    { key: 'model-pipeline:version', value: version },
    { key: 'model-pipeline:digest', value: digest },
  ];
}
