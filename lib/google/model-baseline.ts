import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';

/** Measures a released version on its golden samples, once, and keeps that as `baselines/<version>/`. */
export class ModelBaseline extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ProgramStepProps) {
    super(scope, id, { ...props, program: 'baseline', publish: 'baselines/' });
  }
}
