import { IssueError } from '../issue';
import type { AwsKmsClient } from '../artifact/provenance/aws-kms-signer';

/**
 * The client of AWS KMS, with the credentials and the region of the environment.
 *
 * @throws IssueError when `@aws-sdk/client-kms` is not installed
 */
export async function loadKmsClient(): Promise<AwsKmsClient> {
  try {
    const { KMS } = await import('@aws-sdk/client-kms');
    return new KMS();
  } catch (error) {
    const fix = 'install it: npm install @aws-sdk/client-kms';
    const issue = { code: 'missing-peer', path: '@aws-sdk/client-kms', message: 'is not installed', fix };
    throw new IssueError('sign', [issue], { cause: error });
  }
}
