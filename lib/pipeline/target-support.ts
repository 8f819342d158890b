/** What a target makes of a field of the definition. */
export type Support =
  | { readonly status: 'supported' }
  /** The outcome is the one asked for; `detail` says how the target gets there. */
  | { readonly status: 'emulated'; readonly detail: string }
  /** Refused at synth, or before a run starts; `detail` says why. */
  | { readonly status: 'refused'; readonly detail: string };

/**
 * What a target says about fields, each by its path. An entry holds for everything below its field; one
 * like `conversion.format=tflite` holds for that value alone.
 */
export interface TargetSupport {
  readonly supported: readonly string[];
  /** How, by field. */
  readonly emulated: Readonly<Record<string, string>>;
  /** Why, by field. */
  readonly unsupported: Readonly<Record<string, string>>;
}

/**
 * Fields that the plan carries out by itself: they are in the programs, parameters, gates and order of
 * its steps, which no target changes.
 */
export const PLANNED: readonly string[] = [
  'name',
  'signature',
  'training.framework',
  'training.preprocess.entry',
  'training.preprocess.parameters',
  'training.train.entry',
  'training.train.hyperparameters',
  'training.transferLearning',
  'training.augmentation',
  'training.evaluate.task',
  'training.evaluate.threshold',
  'training.evaluate.entry',
  'training.evaluate.parameters',
  'training.gate',
  'optimization.prune.gate',
  'optimization.prune.onRejected',
  'optimization.prune.sparsity',
  'optimization.prune.kind',
  'optimization.prune.fineTune',
  'optimization.distill.gate',
  'optimization.distill.onRejected',
  'optimization.distill.entry',
  'optimization.distill.hyperparameters',
  'optimization.quantize.gate',
  'optimization.quantize.onRejected',
  'optimization.quantize.precision',
  'optimization.quantize.method',
  'conversion.format',
  'conversion.opset',
  'conversion.goldenSamples',
  'conversion.tolerance',
  'deployment.endpoint.generation.prompts',
  'deployment.endpoint.generation.promptTokens',
];

/** @returns nothing where the target says nothing about the field */
export function supportOf(field: string, target: TargetSupport): Support | undefined {
  const covering = (entries: readonly string[]) => entries.find((entry) => covers(entry, field));
  const refused = covering(Object.keys(target.unsupported));
  if (refused !== undefined) return { status: 'refused', detail: target.unsupported[refused] ?? '' };
  const emulated = covering(Object.keys(target.emulated));
  if (emulated !== undefined) return { status: 'emulated', detail: target.emulated[emulated] ?? '' };
  return covering([...PLANNED, ...target.supported]) === undefined ? undefined : { status: 'supported' };
}

function covers(entry: string, field: string): boolean {
  return entry === field || field.startsWith(`${entry}.`) || field.startsWith(`${entry}=`);
}
