import { type Issue, issue } from '../../../issue';
import { isLanguageModel, type LanguageModelSignature, type PipelineDefinition } from '../../definition';
import type { Rule } from './rule';

/** Language models take prompts, stay in safetensors and are served by vLLM; other models do none of this. */
export const languageModel: Rule = (definition) =>
  isLanguageModel(definition.signature)
    ? [
        ...choiceIssues(definition),
        ...refusedFields(definition),
        ...loadIssues(definition.signature, definition),
      ]
    : reservedFields(definition);

/** Fields that must have one value for a language model. */
function choiceIssues({ training, deployment }: PipelineDefinition): Issue[] {
  const { machine, mode = 'real-time', runtime = 'vllm' } = deployment.endpoint;
  const wanted: readonly (readonly [path: string, got: string, wanted: string])[] = [
    ['training.framework', training.framework, 'pytorch'],
    ['training.evaluate.task', training.evaluate.task, 'text-generation'],
    ['deployment.endpoint.runtime', runtime, 'vllm'],
    ['deployment.endpoint.mode', mode, 'real-time'],
  ];
  const issues = wanted
    .filter(([, got, only]) => got !== only)
    .map(([path, got, only]) =>
      issue('language-model', path, `is "${got}" for a language model`, `Choose "${only}".`),
    );
  if ((machine.accelerator ?? 'cpu') !== 'cpu') return issues;
  const message = 'is a CPU machine; vLLM serves a language model on GPUs';
  return [
    ...issues,
    issue(
      'language-model',
      'deployment.endpoint.machine.accelerator',
      message,
      'Name an accelerator, like "a10g".',
    ),
  ];
}

/** Fields whose work is on ONNX files or golden samples. */
function refusedFields({ optimization, conversion, training, monitoring }: PipelineDefinition): Issue[] {
  return Object.entries({
    optimization,
    conversion,
    'training.evaluate.threshold': training.evaluate.threshold,
    'training.augmentation': training.augmentation,
    'monitoring.drift': monitoring.drift,
    'monitoring.feedback': monitoring.feedback,
  })
    .filter(([, value]) => value !== undefined)
    .map(([path]) => issue('language-model', path, 'is not for language models', 'Remove it.'));
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
    .map(([path]) =>
      issue(
        'language-model',
        path,
        'is for language models, and the signature is one of tensors',
        'Remove it, or give a signature with task "text-generation".',
      ),
    );
}
