import { Command } from 'commander';
import { readModel, renderModel } from '../artifact';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Print what an ONNX file holds: inputs, outputs, operators, weights.')
    .argument('<model>', 'an .onnx file')
    .option('--json', 'print it as JSON')
    .action((file: string, { json }: { readonly json?: true }) => {
      const info = readModel(file);
      process.stdout.write(json ? `${JSON.stringify(info, null, 2)}\n` : renderModel(info));
    });
}
