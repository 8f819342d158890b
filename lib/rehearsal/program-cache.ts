import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { digestDirectory } from '../artifact/manifest';
import type { ProgramRequest } from '../program';

/** Carries each program out once for the same parameters and inputs; after that its outputs are copied. */
export class ProgramCache {
  private readonly done = new Map<string, { readonly place: string; readonly answer: unknown }>();

  /** @param directory for what programs wrote */
  constructor(private readonly directory: string) {}

  async run<T>(request: ProgramRequest, carryOut: (request: ProgramRequest) => Promise<T>): Promise<T> {
    const { inputs, outputs, parameters, program, step } = request;
    const contents = Object.entries(inputs).map(([name, path]) => [name, digestDirectory(path)]);
    const key = createHash('sha256')
      .update(JSON.stringify([program, step, parameters, contents]))
      .digest('hex');
    const earlier = this.done.get(key);
    if (earlier !== undefined) {
      for (const [name, path] of Object.entries(outputs))
        cpSync(join(earlier.place, name), path, { recursive: true });
      return earlier.answer as T;
    }
    const answer = await carryOut(request);
    const place = join(this.directory, key);
    for (const [name, path] of Object.entries(outputs)) cpSync(path, join(place, name), { recursive: true });
    this.done.set(key, { place, answer });
    return answer;
  }
}
