import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A language model that a command was pointed at. */
export interface LanguageModelTarget {
  /** Holds `config.json`. */
  readonly directory: string;
  /** Directory of the version that it is part of. Absent where it was made elsewhere. */
  readonly version?: string;
}

/** A directory as Hugging Face lays a language model out, or the version of one; nothing for other targets. */
export function languageModelTarget(target: string): LanguageModelTarget | undefined {
  if (existsSync(join(target, 'model.onnx'))) return undefined;
  if (existsSync(join(target, 'config.json'))) return { directory: target };
  const directory = join(target, 'model');
  if (!existsSync(join(directory, 'config.json'))) return undefined;
  return { directory, version: target };
}
