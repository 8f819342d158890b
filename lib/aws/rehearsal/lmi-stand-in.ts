import { parseS3Uri } from '../functions/s3-uri';
import type { FakeS3 } from './fake-s3';

const TEXT = ' and so on';

/** Whether SageMaker was given a directory of files, as it is for a language model. */
export function isLanguageModelData(dataUri: string): boolean {
  return dataUri.endsWith('/');
}

/**
 * AWS' Large Model Inference container, which needs a GPU, by its schema alone. Like vLLM it starts with nothing
 * but the model's files, and answers what it takes for a request.
 */
export function answerPrompt(s3: FakeS3, dataUri: string, body: string): string {
  const { bucket, prefix } = parseS3Uri(dataUri, 'model');
  if (s3.get(bucket, `${prefix}config.json`) === undefined) throw new Error(`no model in ${dataUri}`);
  const { inputs, parameters = {} } = JSON.parse(body) as {
    inputs?: unknown;
    parameters?: { max_new_tokens?: unknown };
  };
  const { max_new_tokens: tokens = 30 } = parameters;
  if (typeof inputs === 'string' && typeof tokens === 'number')
    return JSON.stringify({ generated_text: TEXT });
  return JSON.stringify({ error: 'invalid payload. must contain prompt, inputs, or messages', code: 424 });
}
