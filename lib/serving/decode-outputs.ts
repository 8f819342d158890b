import { issue, type Issue } from '../issue';
import type { RequestedOutput } from './inference';
import { isRecord, quote } from './json';

export interface DecodedOutputs {
  readonly outputs: readonly RequestedOutput[];
  readonly issues: readonly Issue[];
}

/**
 * Decodes which outputs a request asks for, and which of them as bytes: `parameters.binary_data` of
 * an output, before `parameters.binary_data_output` of the request.
 */
export function decodeOutputs(
  outputs: unknown,
  parameters: unknown,
  names: readonly string[],
): DecodedOutputs {
  const allBinary = flag(parameters, 'binary_data_output');
  if (outputs === undefined) {
    return { outputs: names.map((name) => ({ name, binary: allBinary })), issues: [] };
  }
  if (!Array.isArray(outputs) || outputs.length === 0) {
    return {
      outputs: [],
      issues: [problem('outputs', 'expected a list of outputs', 'leave it out to get them all')],
    };
  }
  const issues: Issue[] = [];
  const requested: RequestedOutput[] = [];
  outputs.forEach((output: unknown, index) => {
    const name = isRecord(output) ? output.name : undefined;
    if (typeof name !== 'string' || !names.includes(name)) {
      const message = `expected one of ${names.map(quote).join(', ')}, got ${quote(name)}`;
      issues.push(problem(`outputs[${index}].name`, message, 'ask for outputs of the signature'));
      return;
    }
    const binary = flag((output as Record<string, unknown>).parameters, 'binary_data') ?? allBinary;
    requested.push({ name, binary });
  });
  return { outputs: requested, issues };
}

function flag(parameters: unknown, name: string): boolean | undefined {
  const value = isRecord(parameters) ? parameters[name] : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

function problem(path: string, message: string, fix: string): Issue {
  return issue('output-unknown', path, message, fix);
}
