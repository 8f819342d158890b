/** The command of a container, as jobs of pipelines are started with it. */
export interface ContainerWords {
  readonly step?: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** All other options, by their names. */
  readonly options: Readonly<Record<string, string>>;
  /** What is no option. */
  readonly others: readonly string[];
}

/** @throws Error where an option has no value, or is given twice */
export function readWords(words: readonly string[]): ContainerWords {
  const directories: Record<'input' | 'output', Record<string, string>> = { input: {}, output: {} };
  const options: Record<string, string> = {};
  const others: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('--')) {
      others.push(word);
      continue;
    }
    const name = word.slice(2);
    const value = words[(index += 1)];
    if (value === undefined) throw new Error(`${word} has no value`);
    if (name === 'input' || name === 'output') {
      const [, key = '', path = ''] = /^([^=]+)=(.+)$/s.exec(value) ?? [];
      put(directories[name], key, path, word);
    } else put(options, name, value, 'option');
  }
  const { step, ...rest } = options;
  return { step, inputs: directories.input, outputs: directories.output, options: rest, others };
}

function put(record: Record<string, string>, key: string, value: string, word: string): void {
  if (key === '' || key in record) throw new Error(`${word} ${key} is given twice, or is none`);
  record[key] = value;
}
