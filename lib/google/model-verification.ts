import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';

/**
 * Holds a model package to its signature and its golden samples: `model` is read, `report` is written. A
 * model that fails ends the step with an error; its report is there all the same.
 */
export class ModelVerification extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ProgramStepProps) {
    super(scope, id, { ...props, program: 'verify' });
  }
}
