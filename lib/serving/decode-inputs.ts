import type { Tensor } from '../artifact';
import { issue, IssueError, type Issue } from '../issue';
import type { TensorSpec } from '../pipeline/definition';
import { decodeTensor } from './decode-tensor';
import { isRecord, quote } from './json';

type Specs = Readonly<Record<string, TensorSpec>>;

export interface DecodedInputs {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly issues: readonly Issue[];
  /** Bytes after the JSON that the inputs claim. */
  readonly claimedBytes: number;
}

/**
 * Decodes `inputs` of the Open Inference Protocol and holds them to the signature.
 *
 * @param tail bytes after the JSON, in the order of the inputs that claim them
 */
export function decodeInputs(inputs: readonly unknown[], tail: Buffer, specs: Specs): DecodedInputs {
  const feeds: Record<string, Tensor> = {};
  const issues: Issue[] = [];
  const sizes = new Map<string, number>();
  let claimedBytes = 0;
  inputs.forEach((input, index) => {
    const path = `inputs[${index}]`;
    const claimed = binarySize(input);
    const bytes = claimed === undefined ? undefined : tail.subarray(claimedBytes, claimedBytes + claimed);
    claimedBytes += claimed ?? 0;
    const name = isRecord(input) ? input.name : undefined;
    const spec = typeof name === 'string' && Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!isRecord(input) || typeof name !== 'string' || !spec) {
      const message = `expected one of ${Object.keys(specs).map(quote).join(', ')}, got ${quote(name)}`;
      issues.push(issue('input-unknown', `${path}.name`, message, 'send the inputs of the signature'));
      return;
    }
    if (feeds[name])
      issues.push(issue('input-repeated', `${path}.name`, `${quote(name)} is given twice`, 'give it once'));
    try {
      feeds[name] = decodeTensor(input, path, spec, bytes, sizes);
    } catch (error) {
      if (!(error instanceof IssueError)) throw error;
      issues.push(...error.issues);
    }
  });
  return { feeds, issues: [...issues, ...missingInputs(inputs, specs)], claimedBytes };
}

function missingInputs(inputs: readonly unknown[], specs: Specs): Issue[] {
  const given = new Set(inputs.map((input) => (isRecord(input) ? input.name : undefined)));
  return Object.entries(specs)
    .filter(([name]) => !given.has(name))
    .map(([name, { shape }]) => {
      const message = `the input ${quote(name)} is missing`;
      return issue('input-missing', 'inputs', message, `send it: shape [${shape.join(', ')}]`);
    });
}

/** `parameters.binary_data_size`, where the input's elements are bytes after the JSON. */
function binarySize(input: unknown): number | undefined {
  if (!isRecord(input) || !isRecord(input.parameters)) return undefined;
  const size = input.parameters.binary_data_size;
  return Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : undefined;
}
