import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';

/** Measures a released version on its golden samples, once, and keeps that as `baselines/<version>/`. */
export class ModelBaseline extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ProgramStepProps) {
    super(scope, id, { ...props, program: 'baseline' });
    props.store.grantRead(this.role, 'baselines/');
    props.store.grantWrite(this.role, 'baselines/');
    // Without it, S3 does not tell a baseline that is not there from one that may not be read.
    Grant.addToPrincipal({
      grantee: this.role,
      actions: ['s3:ListBucket'],
      resourceArns: [props.store.bucket.bucketArn],
    });
  }
}
