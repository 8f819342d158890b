import { objectOf, type Properties } from './properties';

/** A message that a workflow sends, by the step that does. */
export interface WorkflowRequest {
  readonly type: string;
  readonly step: string;
  readonly body: Properties;
}

/** Messages by a field that only they have. */
const MESSAGES: Readonly<Record<string, string>> = {
  jobSpec: 'CustomJob',
  trialJobSpec: 'HyperparameterTuningJob',
};

/** Messages that come as a field of another. */
const PARTS: Readonly<Record<string, string>> = { deployedModel: 'DeployedModel', model: 'Model' };

/** What the steps of a workflow ask of Vertex AI; nothing where the source is not JSON. */
export function requestsOf(source: string): WorkflowRequest[] {
  return walk(parse(source), '');
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return undefined;
  }
}

function walk(value: unknown, step: string): WorkflowRequest[] {
  if (Array.isArray(value)) return value.flatMap((item) => walk(item, step));
  return Object.entries(objectOf(value)).flatMap(([key, inner]) => {
    const here = objectOf(inner);
    const found = 'call' in here ? requestOf(key, objectOf(objectOf(here.args).body)) : [];
    return [...found, ...walk(inner, key)];
  });
}

function requestOf(step: string, body: Properties): WorkflowRequest[] {
  const whole = Object.entries(MESSAGES).filter(([field]) => field in body);
  const parts = Object.entries(PARTS).filter(([field]) => Object.keys(objectOf(body[field])).length > 0);
  return [
    ...whole.map(([, type]) => ({ type, step, body })),
    ...parts.map(([field, type]) => ({ type, step, body: objectOf(body[field]) })),
  ];
}
