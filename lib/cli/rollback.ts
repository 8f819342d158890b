import { Command } from 'commander';

export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('Move an endpoint on AWS back to a version that has been live.')
    .argument('<target>', 'name of the stack, or ARN of the state machine that ends in -rollback')
    .option('--to <version>', 'version to go to (default: the one that was live before)')
    .action(async (target: string, { to }: { to?: string }) => {
      const { createRollbackClients, startRollback } = await import('../aws/start-rollback.js');
      await startRollback(target, {
        version: to,
        clients: await createRollbackClients(),
        onStarted: (execution) => process.stdout.write(`${execution}\n`),
      });
      process.stdout.write(to === undefined ? 'the version before is live\n' : `version ${to} is live\n`);
    });
}
