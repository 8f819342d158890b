import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import type { Size } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Issue, throwIssues } from '../issue';
import type { FunctionProgram, Json, Retry } from '../pipeline';
import type { IArtifactStore } from './artifact-store';
import { parameter as renderParameter, parameters as renderParameters, type State } from './asl';
import { BundledFunction, type FunctionOptions } from './bundled-function';
import { grantProgram } from './program-access';
import { DEFAULT_MODEL_SIZE, sizeProgram } from './program-size';
import type { StoreLocation, StoreLocations } from './store-location';

export interface ProgramStepProps extends FunctionOptions {
  readonly store: IArtifactStore;
  /** Id of the plan's step, for messages. */
  readonly step: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** Directories by the name the program knows them by. */
  readonly inputs: StoreLocations;
  /** Directories by the name the program knows them by; `metrics` is one of them. */
  readonly outputs: StoreLocations;
  /**
   * The most the model's file may have: memory and `/tmp` of the function follow from it, unless they are
   * given.
   * @default Size.mebibytes(400)
   */
  readonly modelSize?: Size;
  /** @default - 2 more tries, the first after 30 seconds, when the service fails */
  readonly retry?: Retry;
}

export interface ProgramFunctionProps extends ProgramStepProps {
  readonly program: FunctionProgram;
  /** What the model was trained on, told by its digest. @default - no digest is taken */
  readonly data?: StoreLocation;
}

const DEFAULT_RETRY: Retry = { attempts: 2, backoffSeconds: 30 };

/** An artifact program as a Lambda function that reads its inputs, writes its outputs, and nothing else. */
export class ProgramFunction extends Construct {
  readonly function: Function;
  readonly role: Role;
  /** The task of a state machine, without its `Next`. The program's answer is at `$.Payload`. */
  readonly state: State;
  private readonly bundled: BundledFunction;

  constructor(scope: Construct, id: string, props: ProgramFunctionProps) {
    super(scope, id);
    const { data, program, step, parameters, inputs, outputs, modelSize = DEFAULT_MODEL_SIZE } = props;
    const size = sizeProgram(props, modelSize);
    throwIssues(`step "${step}"`, size.fitsLambda ? [] : [tooLarge(program, modelSize)]);
    this.bundled = new BundledFunction(this, 'Function', {
      ...props,
      memory: props.memory ?? size.memory,
      ephemeralStorage: props.ephemeralStorage ?? size.ephemeralStorage,
      bundle: 'program',
      description: `Runs the program "${program}" in the step "${step}"`,
    });
    this.function = this.bundled.function;
    this.role = this.bundled.role;
    grantProgram(this.role, props);
    const event = {
      program,
      step,
      parameters,
      inputs: uris(inputs),
      outputs: uris(outputs),
      ...(data && renderParameter('data', data.uri)),
    };
    this.state = this.bundled.renderTask(event, props.retry ?? DEFAULT_RETRY);
  }

  /** Allows calling the function. */
  grantRun(grantee: IGrantable): void {
    this.bundled.grantInvoke(grantee);
  }
}

function uris(locations: StoreLocations): object {
  return renderParameters(
    Object.fromEntries(Object.entries(locations).map(([name, { uri }]) => [name, uri])),
  );
}

function tooLarge(program: FunctionProgram, modelSize: Size): Issue {
  return {
    code: 'model-too-large-for-lambda',
    path: 'modelSize',
    message: `is ${modelSize.toMebibytes()} MiB: "${program}" would need more than the 10,240 MiB of memory or disk that a function can have`,
    fix: 'Run the program as a ProgramJob, or make the model smaller: quantise or prune it.',
  };
}
