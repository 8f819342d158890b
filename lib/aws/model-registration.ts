import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';
import type { StoreLocation } from './store-location';

export interface ModelRegistrationProps extends ProgramStepProps {
  /** What the model was trained on, told by its digest. @default - no digest is taken */
  readonly data?: StoreLocation;
  /**
   * Signs every version: an asymmetric key of curve P-256, P-384 or P-521 for `SIGN_VERIFY`.
   * @default - versions are not signed
   */
  readonly signingKey?: IKey;
}

/**
 * Publishes a verified package as a version of the store, `models/<version>/`. The task answers with
 * `version`, `digest`, `modelUri` and `archiveUri`, and with `dataDigest` where it is told the data.
 */
export class ModelRegistration extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ModelRegistrationProps) {
    super(scope, id, { ...props, program: 'register' });
    props.store.grantRead(this.role, 'models/');
    props.store.grantWrite(this.role, 'models/');
    // Without it, S3 does not tell a version that is not there from one that may not be read.
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:ListBucket'],
      resourceArns: [props.store.bucket.bucketArn],
    });
    if (props.signingKey) this.signWith(props.signingKey);
  }

  private signWith({ keyArn }: IKey): void {
    this.function.addEnvironment('MODEL_PIPELINE_SIGNING_KEY', keyArn);
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['kms:GetPublicKey', 'kms:Sign'],
      resourceArns: [keyArn],
    });
  }
}
