import { Command, Option } from 'commander';
import { compile, toMermaid } from '../pipeline';
import { loadDefinition } from './load-definition';

export function planCommand(): Command {
  return new Command('plan')
    .description('Print the steps of a definition, in order, with gates and failure edges.')
    .argument('<definition>', 'file or directory of the definition')
    .addOption(new Option('--format <format>').choices(['json', 'mermaid']).default('mermaid'))
    .action(async (path: string, { format }: { format: 'json' | 'mermaid' }) => {
      const plan = compile(await loadDefinition(path));
      process.stdout.write(format === 'json' ? `${JSON.stringify(plan, null, 2)}\n` : toMermaid(plan));
    });
}
