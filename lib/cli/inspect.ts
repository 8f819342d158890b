import { Command, InvalidArgumentError } from 'commander';
import { inspectModel, renderModel } from '../artifact';

interface Options {
  readonly json?: true;
  readonly size: Readonly<Record<string, number>>;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Print what an ONNX file holds: inputs, outputs, operators, weights, and what a run takes.')
    .argument('<model>', 'an .onnx file')
    .option('--json', 'print it as JSON')
    .option(
      '--size <name=number>',
      'a size that varies, for the estimates; may be given again',
      parseSize,
      {},
    )
    .action((file: string, { json, size }: Options) => {
      const inspection = inspectModel(file, { sizes: size });
      process.stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : renderModel(inspection));
    });
}

function parseSize(text: string, others: Options['size']): Options['size'] {
  const [, name, digits] = /^(.+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It is a name and a whole number: batch=8.');
  return { ...others, [name]: Number(digits) };
}
