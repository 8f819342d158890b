import { type Issue, issue } from '../../../issue';
import {
  GPU_COUNTS,
  isLanguageModel,
  type LanguageModelSignature,
  type PipelineDefinition,
  spreadsEvenly,
} from '../../definition';
import type { Rule } from './rule';

/** Language models take prompts, stay in safetensors and are served by vLLM; other models do none of this. */
export const languageModel: Rule = (definition) =>
  isLanguageModel(definition.signature)
    ? [
        ...choiceIssues(definition),
        ...refusedFields(definition),
        ...headIssues(definition.signature, definition),
        ...loadIssues(definition.signature, definition),
      ]
    : reservedFields(definition);

/** Fields that must have one value for a language model. */
function choiceIssues({ training, deployment }: PipelineDefinition): Issue[] {
  const { machine, mode = 'real-time', runtime = 'vllm' } = deployment.endpoint;
  const { framework, evaluate } = training;
  const wanted: readonly (readonly [path: string, got: string, wanted: string, why: string])[] = [
    ['training.framework', framework, 'pytorch', 'language models are trained in PyTorch'],
    ['training.evaluate.task', evaluate.task, 'text-generation', 'evaluate.py measures a language model'],
    ['deployment.endpoint.runtime', runtime, 'vllm', 'vLLM serves language models'],
    ['deployment.endpoint.mode', mode, 'real-time', 'vLLM serves from machines that are always there'],
  ];
  const issues = wanted
    .filter(([, got, only]) => got !== only)
    .map(([path, got, only, why]) =>
      issue('language-model', path, `is "${got}"; ${why}`, `Choose "${only}".`),
    );
  if ((machine.accelerator ?? 'cpu') !== 'cpu') return issues;
  const message = 'is a CPU machine; vLLM serves a language model on GPUs';
  return [
    ...issues,
    issue(
      'language-model',
      'deployment.endpoint.machine.accelerator',
      message,
      'Name an accelerator, like "l4".',
    ),
  ];
}

/** Fields whose work is on ONNX files, tensors or labelled samples. */
function refusedFields({ optimization, conversion, training, monitoring }: PipelineDefinition): Issue[] {
  const refused: readonly (readonly [path: string, value: unknown, why: string])[] = [
    ['optimization', optimization, 'works on ONNX files; a language model stays in safetensors'],
    ['conversion', conversion, 'makes ONNX files; a language model stays in safetensors'],
    [
      'training.evaluate.threshold',
      training.evaluate.threshold,
      'decides between two classes; a language model has none',
    ],
    ['training.augmentation', training.augmentation, 'copies samples of tensors; a language model has none'],
    ['monitoring.drift', monitoring.drift, 'compares tensors; a language model takes prompts'],
    ['monitoring.feedback', monitoring.feedback, 'counts labelled samples; a language model has none'],
  ];
  return refused
    .filter(([, value]) => value !== undefined)
    .map(([path, , why]) => issue('language-model', path, why, 'Remove it.'));
}

/** Heads that share keys and values, and GPUs that share a model, are as many each. */
function headIssues(signature: LanguageModelSignature, { deployment }: PipelineDefinition): Issue[] {
  const { attentionHeads, keyValueHeads = attentionHeads } = signature;
  const { tensorParallel = 1 } = deployment.endpoint.generation ?? {};
  if (attentionHeads % keyValueHeads !== 0) {
    const message = `is ${keyValueHeads}; ${attentionHeads} attention heads do not share so many evenly`;
    const fix = 'Copy num_attention_heads and num_key_value_heads from config.json.';
    return [issue('key-value-heads', 'signature.keyValueHeads', message, fix)];
  }
  if (spreadsEvenly(attentionHeads, keyValueHeads, tensorParallel)) {
    const { accelerators = tensorParallel } = deployment.endpoint.machine;
    if (accelerators >= tensorParallel) return [];
    const message = `is ${accelerators}; generation.tensorParallel spreads one copy over ${tensorParallel} GPUs`;
    const fix = 'Remove it, or lower tensorParallel.';
    return [issue('tensor-parallel', 'deployment.endpoint.machine.accelerators', message, fix)];
  }
  const degrees = GPU_COUNTS.filter((gpus) => spreadsEvenly(attentionHeads, keyValueHeads, gpus));
  return [
    issue(
      'tensor-parallel',
      'deployment.endpoint.generation.tensorParallel',
      `is ${tensorParallel}; ${attentionHeads} attention heads, ${keyValueHeads} with keys and values of their own, do not spread evenly over so many GPUs`,
      `Choose ${degrees.join(', ')}.`,
    ),
  ];
}

function loadIssues(signature: LanguageModelSignature, { deployment }: PipelineDefinition): Issue[] {
  const { prompts = [], promptTokens = 0 } = deployment.endpoint.generation ?? {};
  const { contextTokens } = signature;
  const path = 'deployment.endpoint.generation';
  const issues: Issue[] = [];
  if (promptTokens >= contextTokens) {
    const message = `is ${promptTokens}; prompt and answer together have ${contextTokens} tokens`;
    issues.push(
      issue('generation-tokens', `${path}.promptTokens`, message, `Choose less than ${contextTokens}.`),
    );
  }
  const blank = prompts.flatMap((prompt, index) => (prompt.trim() === '' ? [index] : []));
  return [
    ...issues,
    ...blank.map((index) =>
      issue('generation-prompt', `${path}.prompts[${index}]`, 'is blank', 'Write what a user would.'),
    ),
  ];
}

/** What only language models have. */
function reservedFields({ training: { evaluate }, deployment: { endpoint } }: PipelineDefinition): Issue[] {
  const found = {
    'training.evaluate.task': evaluate.task === 'text-generation',
    'training.evaluate.entry': evaluate.entry !== undefined,
    'training.evaluate.parameters': evaluate.parameters !== undefined,
    'deployment.endpoint.runtime': endpoint.runtime === 'vllm',
    'deployment.endpoint.generation': endpoint.generation !== undefined,
  };
  return Object.entries(found)
    .filter(([, is]) => is)
    .map(([path]) => {
      const message = 'is for language models, and the signature is one of tensors';
      const change = path === 'training.evaluate.task' ? 'Choose another task' : 'Remove it';
      return issue(
        'language-model',
        path,
        message,
        `${change}, or give a signature with task "text-generation".`,
      );
    });
}
