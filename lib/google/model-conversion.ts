import type { Construct } from 'constructs';
import { ProgramFunction, type ProgramStepProps } from './program-function';

/**
 * Turns an exported ONNX file into the package its runtime loads: `onnx`, `golden` and, where there is
 * one, `preprocessing` become `model`.
 */
export class ModelConversion extends ProgramFunction {
  constructor(scope: Construct, id: string, props: ProgramStepProps) {
    super(scope, id, { ...props, program: 'convert' });
  }
}
