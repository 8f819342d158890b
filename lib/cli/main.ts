#!/usr/bin/env node
import { Command } from 'commander';
import { PACKAGE_VERSION } from '../package-root';
import { inspectCommand } from './inspect';
import { planCommand } from './plan';
import { reportError } from './report-error';
import { runCommand } from './run';
import { serveCommand } from './serve';
import { verifyCommand } from './verify';

const program = new Command('model-pipeline')
  .description("A model's path to production: train, optimise, convert, verify, serve.")
  .version(PACKAGE_VERSION)
  .showHelpAfterError('(--help shows what is possible)');

for (const command of [runCommand, planCommand, verifyCommand, inspectCommand, serveCommand]) {
  program.addCommand(command());
}

program.parseAsync().catch(reportError);
