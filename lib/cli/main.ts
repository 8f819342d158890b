#!/usr/bin/env node
import { Command } from 'commander';
import { PACKAGE_VERSION } from '../package-root';
import { compareCommand } from './compare';
import { conformanceCommand } from './conformance';
import { countFeedbackCommand } from './count-feedback';
import { diffCommand } from './diff';
import { driftCommand } from './drift';
import { inspectCommand } from './inspect';
import { parityCommand } from './parity';
import { planCommand } from './plan';
import { programCommand } from './program';
import { rehearseCommand } from './rehearse';
import { reportError } from './report-error';
import { rollbackCommand } from './rollback';
import { runCommand } from './run';
import { serveCommand } from './serve';
import { signCommand } from './sign';
import { smokeTestCommand } from './smoke-test';
import { verifyCommand } from './verify';

const program = new Command('model-pipeline')
  .description("A model's path to production: train, optimise, convert, verify, serve.")
  .version(PACKAGE_VERSION)
  .showHelpAfterError('(--help shows what is possible)');

for (const command of [
  runCommand,
  planCommand,
  parityCommand,
  verifyCommand,
  inspectCommand,
  diffCommand,
  compareCommand,
  conformanceCommand,
  signCommand,
  smokeTestCommand,
  serveCommand,
  driftCommand,
  countFeedbackCommand,
  programCommand,
  rehearseCommand,
  rollbackCommand,
]) {
  program.addCommand(command());
}

program.parseAsync().catch(reportError);
