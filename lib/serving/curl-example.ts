import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { elementCount } from '../artifact';
import { readJsonObject } from '../artifact/json-file';
import { datatypeOf } from './datatypes';
import { nestData } from './shape';
import type { ServedModel } from './served-model';

/** Inputs of more elements make no line anybody would paste. */
const MAX_ELEMENTS = 64;

type Field = { readonly field: string } & (
  { readonly kind: 'text' } | { readonly kind: 'numbers'; readonly shape: readonly number[] }
);

/** A command that shows the server at work: an inference where its body is short, else the model's metadata. */
export function curlExample(model: ServedModel, address: string): string {
  const body = instancesBody(model) ?? tensorsBody(model);
  if (body === undefined) return `curl ${address}/v2/models/${model.pipeline}`;
  return `curl -H 'content-type: application/json' -d '${JSON.stringify(body)}' ${address}/invocations`;
}

function instancesBody({ directory }: ServedModel): unknown {
  const file = join(directory, 'preprocessing', 'preprocessing.json');
  if (!existsSync(file)) return undefined;
  const fields = Object.values(readJsonObject(file, 'preprocessing', '').inputs as Record<string, Field>);
  if (fields.some((field) => field.kind === 'numbers' && elementCount(field.shape) > MAX_ELEMENTS))
    return undefined;
  const instance = fields.map(
    (input) => [input.field, input.kind === 'text' ? 'hello' : zeros(input.shape)] as const,
  );
  return { instances: [Object.fromEntries(instance)] };
}

function tensorsBody({ directory, signature }: ServedModel): unknown {
  if (existsSync(join(directory, 'preprocessing'))) return undefined;
  const inputs = Object.entries(signature.inputs).map(([name, { dtype, shape: dimensions }]) => {
    const shape = dimensions.map((size) => (typeof size === 'number' ? size : 1));
    const zero = dtype === 'string' ? '' : 0;
    return {
      name,
      shape,
      datatype: datatypeOf(dtype),
      data: new Array(elementCount(shape)).fill(zero) as unknown[],
    };
  });
  return inputs.some(({ data }) => data.length > MAX_ELEMENTS) ? undefined : { inputs };
}

function zeros(shape: readonly number[]): unknown {
  return nestData(new Array<number>(elementCount(shape)).fill(0), shape);
}
