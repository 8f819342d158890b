import type { JobOptions, Json, ModelSignature, PipelineDefinition } from '../definition';
import { DEFAULT_MACHINE, DEFAULT_TIMEOUT_MINUTES, isLanguageModel } from '../definition';
import type { ArtifactSource, FunctionStep, JobStep, Retry, Step } from './plan';

/** Ids of the steps that failure edges lead to. */
export const NOTIFY_FAILURE = 'notify-failure';
export const RESTORE = 'restore';

/** A step before `compile` has put it in its place. */
export type UnplacedStep = Step extends infer S ? (S extends Step ? Omit<S, 'next'> : never) : never;

/** Where the model that goes on is to be found: what one part of the plan hands to the next. */
export interface Candidate {
  readonly model: ArtifactSource;
  readonly onnx: ArtifactSource;
  readonly golden: ArtifactSource;
  readonly metrics: ArtifactSource;
}

/** Lost machines and throttled calls are tried again; a program that fails is not. */
const RETRY: Retry = { attempts: 2, backoffSeconds: 30 };
/** AWS Lambda's longest run, the shortest of the targets: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const FUNCTION_TIMEOUT_MINUTES = 15;

export const DATA = output('preprocess', 'data');
export const PREPROCESSING = output('preprocess', 'preprocessing');

export function output(step: string, name: string): ArtifactSource {
  return { from: 'step', step, output: name };
}

export function selected(gate: string, name: string): ArtifactSource {
  return { from: 'gate', gate, name };
}

type Placement = Pick<
  JobStep,
  'capacity' | 'maxWaitMinutes' | 'checkpoints' | 'fallbackMachines' | 'warmPoolMinutes' | 'machines'
>;

interface JobDraft extends Pick<JobStep, 'id' | 'stage' | 'program' | 'inputs'> {
  readonly parameters: Readonly<Record<string, Json | undefined>>;
  readonly outputs: readonly string[];
  readonly options?: JobOptions;
  /** @default - one on-demand machine, no checkpoints */
  readonly placement?: Placement;
}

const DEFAULT_PLACEMENT: Placement = {
  capacity: 'on-demand',
  checkpoints: false,
  fallbackMachines: [],
  machines: 1,
};

/** Every program writes `metrics` beside the outputs named here. */
export function job(definition: PipelineDefinition, draft: JobDraft): Omit<JobStep, 'next'> {
  const { id, stage, program, inputs, outputs, options = {} } = draft;
  return {
    id,
    stage,
    kind: 'job',
    program,
    framework: definition.training.framework,
    parameters: withoutUndefined(draft.parameters),
    inputs,
    outputs: [...outputs, 'metrics'],
    machine: { ...DEFAULT_MACHINE, ...options.machine },
    timeoutMinutes: options.timeoutMinutes ?? DEFAULT_TIMEOUT_MINUTES,
    ...(draft.placement ?? DEFAULT_PLACEMENT),
    retry: RETRY,
    onFailure: NOTIFY_FAILURE,
  };
}

interface FunctionDraft extends Pick<FunctionStep, 'id' | 'stage' | 'program' | 'inputs' | 'outputs'> {
  readonly parameters: Readonly<Record<string, Json | undefined>>;
}

export function artifactFunction(draft: FunctionDraft): Omit<FunctionStep, 'next'> {
  const { id, stage, program, inputs, outputs } = draft;
  return {
    id,
    stage,
    kind: 'function',
    program,
    parameters: withoutUndefined(draft.parameters),
    inputs,
    outputs: [...outputs, 'metrics'],
    timeoutMinutes: FUNCTION_TIMEOUT_MINUTES,
    retry: RETRY,
    onFailure: NOTIFY_FAILURE,
  };
}

function withoutUndefined(record: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}

/** The model's signature, as programs take it. */
export function signatureParameter({ signature }: PipelineDefinition): Json {
  if (isLanguageModel(signature)) return { keyValueHeads: signature.attentionHeads, ...signature };
  return { inputs: tensorSpecs(signature.inputs), outputs: tensorSpecs(signature.outputs) };
}

function tensorSpecs(tensors: ModelSignature['inputs']): Json {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]),
  );
}

/** The Python file that trains the model and whose `load` reads it. */
export function trainEntry({ training }: PipelineDefinition): string {
  return training.train.entry ?? 'train.py';
}
