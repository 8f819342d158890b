import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramFunctionProps, type ProgramStepProps } from './program-function';

export interface ModelRegistrationProps
  extends ProgramStepProps, Pick<ProgramFunctionProps, 'signingKeyVersion'> {}

/**
 * Publishes a verified package as a version of the store, `models/<version>/`, its manifest last. Which
 * version it is stands in `manifest.json` of the output `version`.
 */
export class ModelRegistration extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ModelRegistrationProps) {
    super(scope, id, { ...props, program: 'register', publish: 'models/' });
  }
}
