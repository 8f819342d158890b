import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { grantSign, SIGNING_KEY } from './program-access';
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
 * `version`, `digest` and `modelUri`, and with `dataDigest` where it is told the data.
 */
export class ModelRegistration extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ModelRegistrationProps) {
    super(scope, id, { ...props, program: 'register' });
    if (props.signingKey === undefined) return;
    this.function.addEnvironment(SIGNING_KEY, props.signingKey.keyArn);
    grantSign(this.role, props.signingKey);
  }
}
