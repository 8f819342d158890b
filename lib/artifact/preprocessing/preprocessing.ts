import { join } from 'node:path';
import { IssueError, throwIssues, type Issue } from '../../issue';
import { isObject, readJsonObject } from '../json-file';
import { allocate, elementCount, type Tensor } from '../tensor';
import type { InputEncoder } from './input-encoder';
import { numbersEncoder } from './numbers-encoder';
import { preprocessingIssues, type PreprocessingInput } from './parse';
import { textEncoder } from './text-encoder';

/** How one raw input becomes the model's tensors, read from a `preprocessing/` directory. */
export class Preprocessing {
  /** @throws IssueError with everything that is wrong with `preprocessing.json` and its tokenizers */
  static load(directory: string): Preprocessing {
    const file = join(directory, 'preprocessing.json');
    const json = readJsonObject(file, 'preprocessing', 'write the file as docs/reference/formats.md says');
    throwIssues('preprocessing', preprocessingIssues(json, file));
    const inputs = Object.entries(json.inputs as Record<string, PreprocessingInput>);
    const encoders = inputs.map(([name, input]) => [name, encoderOf(input, directory)] as const);
    return new Preprocessing(encoders, json.labels as string[] | undefined);
  }

  private constructor(
    private readonly encoders: readonly (readonly [input: string, encoder: InputEncoder])[],
    /** Names of the classes, for people. */
    readonly labels?: readonly string[],
  ) {}

  /**
   * One tensor per model input, all instances in one batch.
   *
   * @throws IssueError that names each wrong field: `instances[3].text`
   */
  encode(instances: readonly unknown[]): Record<string, Tensor> {
    const issues: Issue[] = instances.flatMap((instance, index) =>
      isObject(instance)
        ? []
        : [issue(`instances[${index}]`, 'is not an object', 'send an object of fields')],
    );
    if (instances.length === 0) issues.push(issue('instances', 'is empty', 'send at least one instance'));
    if (issues.length > 0) throw new IssueError('instances', issues);
    const tensors = this.encoders.map(([name, encoder]) => [name, encodeInput(encoder, instances, issues)]);
    throwIssues('instances', issues);
    return Object.fromEntries(tensors) as Record<string, Tensor>;
  }
}

function encoderOf(input: PreprocessingInput, directory: string): InputEncoder {
  return input.kind === 'text' ? textEncoder(input, directory) : numbersEncoder(input);
}

function encodeInput(encoder: InputEncoder, instances: readonly unknown[], issues: Issue[]): Tensor {
  const { field, dtype, shape } = encoder;
  const row = elementCount(shape);
  const data = allocate(dtype, instances.length * row);
  instances.forEach((instance, index) => {
    const complaint = encoder.encode((instance as Record<string, unknown>)[field], data, index * row);
    if (complaint) issues.push(issue(`instances[${index}].${field}`, complaint.message, complaint.fix));
  });
  return { dtype, shape: [instances.length, ...shape], data };
}

function issue(path: string, message: string, fix: string): Issue {
  return { code: 'instance', path, message, fix };
}
