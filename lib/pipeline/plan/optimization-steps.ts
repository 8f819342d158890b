import type { Distill, OptimizationStep, PipelineDefinition, Prune, Quantize } from '../definition';
import { exportStep } from './conversion-steps';
import { evaluateStep } from './evaluate-step';
import type { GateRule, JobStep } from './plan';
import {
  type Candidate,
  DATA,
  job,
  NOTIFY_FAILURE,
  output,
  PREPROCESSING,
  selected,
  signatureParameter,
  trainEntry,
  type UnplacedStep,
} from './step';

interface Part {
  readonly steps: readonly UnplacedStep[];
  /** The model that goes on after these steps. */
  readonly candidate: Candidate;
}

/** prune → distill → quantize, as far as defined; each is evaluated and judged by a gate of its own. */
export function optimizationSteps(definition: PipelineDefinition, trained: Candidate): Part {
  const { prune, distill, quantize } = definition.optimization ?? {};
  const parts: ((before: Candidate) => Part)[] = [];
  if (prune) parts.push((before) => pruneModel(definition, prune, before));
  if (distill) parts.push((before) => distillModel(definition, distill, before));
  if (quantize) parts.push((before) => quantizeModel(definition, quantize, before));
  return parts.reduce<Part>(
    (done, part) => {
      const { steps, candidate } = part(done.candidate);
      return { steps: [...done.steps, ...steps], candidate };
    },
    { steps: [], candidate: trained },
  );
}

function pruneModel(definition: PipelineDefinition, prune: Prune, before: Candidate): Part {
  const entry = trainEntry(definition);
  const step = job(definition, {
    id: 'prune',
    stage: 'optimization',
    program: 'prune',
    parameters: {
      entry,
      sparsity: prune.sparsity,
      kind: prune.kind ?? 'structured',
      fineTune: prune.fineTune,
      signature: signatureParameter(definition),
    },
    inputs: { data: DATA, preprocessing: PREPROCESSING, model: before.model },
    outputs: ['model'],
    options: prune,
  });
  return judgeWeights(definition, step, entry, prune, before);
}

function distillModel(definition: PipelineDefinition, distill: Distill, before: Candidate): Part {
  const { entry, hyperparameters = {} } = distill;
  const step = job(definition, {
    id: 'distill',
    stage: 'optimization',
    program: 'distill',
    parameters: { entry, hyperparameters },
    inputs: { data: DATA, preprocessing: PREPROCESSING, teacher: before.onnx },
    outputs: ['model'],
    options: distill,
  });
  return judgeWeights(definition, step, entry, distill, before);
}

/** A step that yields a framework's weights is exported at once: its ONNX file is what is judged. */
function judgeWeights(
  definition: PipelineDefinition,
  step: Omit<JobStep, 'next'>,
  entry: string,
  options: OptimizationStep,
  before: Candidate,
): Part {
  const model = output(step.id, 'model');
  const exported = exportStep(definition, `export-${step.id}`, model, entry);
  const { id } = exported;
  const after = { model, onnx: output(id, 'onnx'), golden: output(id, 'golden') };
  return judge(definition, [step, exported], options, before, after);
}

function quantizeModel(definition: PipelineDefinition, quantize: Quantize, before: Candidate): Part {
  const { precision, method = 'dynamic' } = quantize;
  const step = job(definition, {
    id: 'quantize',
    stage: 'optimization',
    program: 'quantize',
    parameters: { precision, method, signature: signatureParameter(definition) },
    inputs: { data: DATA, preprocessing: PREPROCESSING, onnx: before.onnx, golden: before.golden },
    outputs: ['onnx', 'golden'],
    options: quantize,
  });
  const after = {
    model: before.model,
    onnx: output('quantize', 'onnx'),
    golden: output('quantize', 'golden'),
  };
  return judge(definition, [step], quantize, before, after);
}

/** evaluate → gate on the loss. The gate stops the run, or selects which of the two models goes on. */
function judge(
  definition: PipelineDefinition,
  [step, ...exported]: readonly [UnplacedStep, ...UnplacedStep[]],
  options: OptimizationStep,
  before: Candidate,
  optimized: Omit<Candidate, 'metrics'>,
): Part {
  const evaluated = evaluateStep(definition, `evaluate-${step.id}`, 'optimization', optimized.onnx);
  const after: Candidate = { ...optimized, metrics: output(evaluated.id, 'metrics') };
  const gate = {
    id: `gate-${step.id}`,
    stage: 'optimization',
    kind: 'gate',
    rules: lossRules(options),
    inputs: { metrics: after.metrics, baseline: before.metrics },
    outputs: [],
    onFailure: NOTIFY_FAILURE,
  } as const;
  const steps = [step, ...exported, evaluated];
  if (options.onRejected === 'stop') return { steps: [...steps, gate], candidate: after };
  const names = (Object.keys(after) as (keyof Candidate)[]).filter((name) => after[name] !== before[name]);
  const selects = Object.fromEntries(
    names.map((name) => [name, { accepted: after[name], rejected: before[name] }]),
  );
  const chosen = Object.fromEntries(names.map((name) => [name, selected(gate.id, name)]));
  return { steps: [...steps, { ...gate, selects }], candidate: { ...before, ...chosen } };
}

function lossRules({ gate }: OptimizationStep): GateRule[] {
  return Object.entries(gate).map(([metric, { maxLoss, goal = 'maximize' }]) => ({
    kind: 'loss',
    metric,
    maxLoss,
    goal,
  }));
}
