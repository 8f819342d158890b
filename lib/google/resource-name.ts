import { createHash } from 'node:crypto';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { IssueError } from '../issue';
import { contentHash, shortName } from '../names';

/** Limits of most names, and of the name of a service account before the `@`. */
const MAX_LENGTH = 63;
const MAX_ACCOUNT_LENGTH = 30;

/**
 * A literal name, the same at every synth, made from the construct's path: a–z, 0–9 and `-`. Names of a
 * stack are unique in its project as long as the stack's id is.
 */
export function constructName(scope: Construct, maxLength = MAX_LENGTH): string {
  const words = scope.node.path.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  const name = words.replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
  return shortName(name || 'x', maxLength);
}

/** 6 to 30 characters; a hash tells paths apart whose names would be the same. */
export function accountName(scope: Construct): string {
  const hash = contentHash(scope.node.path);
  const room = MAX_ACCOUNT_LENGTH - hash.length - 1;
  return `${constructName(scope).slice(0, room).replace(/-+$/, '')}-${hash}`;
}

/** Vertex AI names endpoints by number: at most ten digits, the first no zero. */
export function numericName(scope: Construct): string {
  const digest = createHash('sha256').update(scope.node.path).digest();
  return String(1_000_000_000 + (digest.readUInt32BE() % 9_000_000_000));
}

/** @throws IssueError where the construct lies in something else, as a stack of CloudFormation */
export function terraformStackOf(scope: Construct): TerraformStack {
  try {
    return TerraformStack.of(scope);
  } catch (error) {
    const issues = [
      {
        code: 'not-in-a-terraform-stack',
        path: scope.node.path,
        message: 'is a construct of cdk-model-pipeline/google outside a TerraformStack',
        fix: 'Put it into a TerraformStack of cdktf; in a Stack of aws-cdk-lib take cdk-model-pipeline/aws.',
      },
    ];
    throw new IssueError('cdk-model-pipeline/google', issues, { cause: error });
  }
}
