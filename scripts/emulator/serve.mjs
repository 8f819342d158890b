#!/usr/bin/env node
/**
 * Starts the emulator and prints its URL; it runs until standard input ends.
 *
 *   node scripts/emulator/serve.mjs
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmulator } from './moto.mjs';

const work = await mkdtemp(join(tmpdir(), 'emulator-'));
try {
  const { url, stop } = await startEmulator({ log: join(work, 'emulator.log') });
  console.log(url);
  await once(process.stdin.resume(), 'end');
  await stop();
} finally {
  await rm(work, { recursive: true });
}
