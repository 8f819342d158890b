/** An emulator of AWS on this machine: moto's server, reached over loopback only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { devNull } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };

const ROOT = resolve(import.meta.dirname, '..', '..');
const PYTHON_BIN = join(ROOT, '.venv', 'bin');
export const PYTHON = join(PYTHON_BIN, 'python');
const SERVER = join(import.meta.dirname, 'server.py');

const READY_WITHIN_MS = 30_000;

/**
 * Starts the emulator on a free port and waits until it answers.
 *
 * @param log file that takes what the emulator prints
 * @returns its `url`, the environment `env` in which AWS tools talk to it and to nothing else, and `stop`
 */
export async function startEmulator({ log }) {
  if (!existsSync(join(PYTHON_BIN, 'moto_server'))) {
    throw new Error(
      `there is no moto_server in ${PYTHON_BIN}: python3 -m venv .venv && .venv/bin/pip install './stages[emulator]'`,
    );
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const output = await open(log, 'w');
  const server = spawn(PYTHON, [SERVER, '-H', '127.0.0.1', '-p', String(port)], {
    env: { ...withoutAws(process.env), PYTHONUNBUFFERED: '1' },
    stdio: ['ignore', output.fd, output.fd],
  });
  const exited = once(server, 'exit');
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    // It keeps everything in memory: there is nothing to save.
    kill();
    await exited;
    await output.close();
  };
  try {
    await accepts(port, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, env: environment(url, port), stop };
}

/** Environment of AWS tools: no credentials, profile, proxy or setting of this machine's user gets in. */
function environment(url, port) {
  return {
    ...withoutAws(process.env),
    AWS_ENDPOINT_URL: url,
    // Tells CloudFormation where templates lie; moto finds bucket and key in an URL only of this host.
    AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: `http://localhost:${port}`,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

function withoutAws(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AWS_|CDK_|.*_proxy$)/i.test(name)));
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port, server) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`the emulator ended with exit code ${server.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    await sleep(50);
  }
  throw new Error(`the emulator did not answer within ${READY_WITHIN_MS / 1000} s`);
}
