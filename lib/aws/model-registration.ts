import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';

/**
 * Publishes a verified package as a version of the store, `models/<version>/`. The task answers with
 * `version`, `digest`, `modelUri` and `archiveUri`.
 */
export class ModelRegistration extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ProgramStepProps) {
    super(scope, id, { ...props, program: 'register' });
    props.store.grantRead(this.role, 'models/');
    props.store.grantWrite(this.role, 'models/');
    // Without it, S3 does not tell a version that is not there from one that may not be read.
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:ListBucket'],
      resourceArns: [props.store.bucket.bucketArn],
    });
  }
}
