import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { FunctionProgram } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { prefixesOf, type StoreLocation, type StoreLocations } from './store-location';

/** What an artifact program reads and writes, wherever it runs. */
export interface ProgramDirectories {
  readonly program: FunctionProgram;
  readonly store: IArtifactStore;
  readonly inputs: StoreLocations;
  readonly outputs: StoreLocations;
  /** What the model was trained on. */
  readonly data?: StoreLocation;
}

/** Where a program keeps what outlives the run. */
const LASTING: Readonly<Partial<Record<FunctionProgram, string>>> = {
  register: 'models/',
  baseline: 'baselines/',
};

/** The variable that names the key which signs versions. */
export const SIGNING_KEY = 'MODEL_PIPELINE_SIGNING_KEY';

/** Lets a role do in the store what a program does there. */
export function grantProgram(role: IGrantable, directories: ProgramDirectories): void {
  const { data, inputs, outputs, program, store } = directories;
  const lasting = LASTING[program];
  const written = [...prefixesOf(outputs), ...(lasting === undefined ? [] : [lasting])];
  // What is written once is compared with what is there already.
  const read = new Set([...prefixesOf(inputs), ...written, ...(data?.prefixes ?? [])]);
  store.grantRead(role, ...read);
  store.grantWrite(role, ...written);
  if (lasting === undefined) return;
  // Without it, S3 does not tell what is not there from what may not be read.
  Grant.addToPrincipal({
    grantee: role,
    actions: ['s3:ListBucket'],
    resourceArns: [store.bucket.bucketArn],
  });
}

/** Lets a role sign with a key. */
export function grantSign(role: IGrantable, { keyArn }: IKey): void {
  Grant.addToPrincipal({
    grantee: role,
    actions: ['kms:GetPublicKey', 'kms:Sign'],
    resourceArns: [keyArn],
  });
}
