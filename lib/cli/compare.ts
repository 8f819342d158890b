import { Command, InvalidArgumentError } from 'commander';
import { compareModels, readGolden, renderParity, type ParityTolerance } from '../artifact';
import { IssueError } from '../issue';

interface Options {
  readonly json?: true;
  readonly golden?: string;
  readonly samples: number;
  readonly seed: number;
  readonly shape: Readonly<Record<string, readonly number[]>>;
  readonly state: Readonly<Record<string, string>>;
  readonly absolute?: number;
  readonly relative?: number;
  readonly norm?: number;
  readonly minSnr?: number;
  readonly minCosine?: number;
  readonly divergence?: true;
}

const USAGE = 2;

/** Exit code 0: they agree. 1: they do not. 2: the command could not do its work. */
export function compareCommand(): Command {
  return new Command('compare')
    .description('Run two models on the same inputs and say how far their outputs are apart.')
    .argument('<reference>', 'an .onnx or .tflite file, or "recorded": the answers of the golden samples')
    .argument('<candidate>', 'an .onnx or .tflite file')
    .option('--golden <directory>', 'directory with the samples.json to run them on; else inputs are made up')
    .option('--samples <number>', 'made-up samples', parseNumber, 8)
    .option('--seed <number>', 'another seed makes up others', parseNumber, 1)
    .option('--shape <input=sizes>', 'shape of a made-up input: image=1,3,224,224', collectShape, {})
    .option('--state <output=input>', 'feed an output to an input of the next sample', collectState, {})
    .option('--absolute <number>', 'accepted |difference|', parseNumber)
    .option('--relative <number>', 'accepted |difference| / |reference|', parseNumber)
    .option('--norm <number>', 'accepted |difference| / largest |reference|', parseNumber)
    .option('--min-snr <decibels>', 'lowest ratio of signal to noise', parseNumber)
    .option('--min-cosine <number>', 'lowest cosine similarity', parseNumber)
    .option('--divergence', 'if they differ, find the first node of the ONNX graphs that does')
    .option('--json', 'print the comparison as JSON')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
    .action(async (reference: string, candidate: string, options: Options, command: Command) => {
      try {
        await compare(reference, candidate, options);
      } catch (error) {
        if (!(error instanceof IssueError)) throw error;
        command.error(error.message, { exitCode: USAGE });
      }
    });
}

async function compare(reference: string, candidate: string, options: Options): Promise<void> {
  const { golden, samples: count, seed, shape: shapes, state, divergence } = options;
  const samples = golden === undefined ? { count, seed, shapes } : readGolden(golden).samples;
  const parity = await compareModels(reference, candidate, samples, {
    state,
    divergence,
    tolerance: toleranceOf(options),
  });
  process.stdout.write(options.json ? `${JSON.stringify(parity, null, 2)}\n` : renderParity(parity));
  process.exitCode = parity.verdict === 'passed' ? 0 : 1;
}

function toleranceOf({ absolute, relative, norm, minSnr, minCosine }: Options): ParityTolerance {
  return { absolute, relative, norm, minSnrDb: minSnr, minCosine };
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It is a number.');
  return value;
}

function collectShape(text: string, earlier: Options['shape']): Options['shape'] {
  const [, input, sizes] = /^(.+)=(\d+(?:,\d+)*)$/.exec(text) ?? [];
  if (input === undefined || sizes === undefined) {
    throw new InvalidArgumentError('It is the name of an input, "=", and its sizes: image=1,3,224,224.');
  }
  return { ...earlier, [input]: sizes.split(',').map(Number) };
}

function collectState(text: string, earlier: Options['state']): Options['state'] {
  const [, output, input] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (output === undefined || input === undefined) {
    throw new InvalidArgumentError('It is the name of an output, "=", and that of an input.');
  }
  return { ...earlier, [output]: input };
}
