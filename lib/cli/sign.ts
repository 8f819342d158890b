import { Command } from 'commander';
import { awsKmsSigner, keySigner, signDirectory, type Signer } from '../artifact';
import { loadKmsClient } from '../aws/kms-client';
import { IssueError, issue } from '../issue';
import { readPem } from './read-pem';

interface Options {
  readonly key?: string;
  readonly kms?: string;
}

export function signCommand(): Command {
  return new Command('sign')
    .description('Sign every file of a model, package or version directory: writes model.sig there.')
    .argument('<directory>', 'directory to sign')
    .option('--key <pem>', 'file with the private key: P-256, P-384 or P-521')
    .option('--kms <arn>', 'asymmetric key of AWS KMS: id, ARN or alias')
    .addHelpText(
      'after',
      '\nThe passphrase of an encrypted key is read from MODEL_PIPELINE_KEY_PASSPHRASE.\n' +
        'Verify with: model-pipeline verify <directory> --public-key <pem>',
    )
    .action(async (directory: string, options: Options) => {
      const signer = await signerOf(options);
      await signDirectory(directory, signer);
      process.stdout.write(`${directory}: signed, see model.sig\n`);
    });
}

async function signerOf({ key, kms }: Options): Promise<Signer> {
  if (key !== undefined && kms === undefined) {
    return keySigner(readPem(key), process.env.MODEL_PIPELINE_KEY_PASSPHRASE);
  }
  if (kms !== undefined && key === undefined) return awsKmsSigner(await loadKmsClient(), kms);
  const fix = 'give --key <pem> or --kms <arn>';
  throw new IssueError('sign', [issue('usage', 'options', 'name no key, or two', fix)]);
}
