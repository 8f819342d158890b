// npm run demo: a model trained on real data, from raw mails to a verified, served version on this
// machine and to a deployed stack on an AWS emulator.
import { spawn } from 'node:child_process';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { finished, run } from './process.mjs';
import { root, setup } from './setup.mjs';

const cli = join(root, 'dist', 'lib', 'cli', 'main.js');
const store = join(root, '.model-pipeline', 'spam-filter');
const node = (...args) => run(process.execPath, args, { cwd: root });

async function main() {
  await finished('set-up', async () => {
    await setup();
    await node('scripts/build.mjs');
    await node('examples/spam-filter/prepare-data.mjs');
  });

  heading('train, optimise, convert, verify, release');
  await finished('pipeline', () => node(cli, 'run', 'examples/spam-filter'));

  heading('serve, and classify two mails the model never saw');
  await classify();

  heading('deploy both stacks with cdk to an AWS emulator');
  const version = readJson(join(store, 'releases', 'live.json')).version;
  const artifact = join(store, 'models', version);
  const { deployLocal } = await import('./deploy-local.mjs');
  await finished('deployment', () => deployLocal({ artifact }));

  heading('done');
  console.log(`run:     ${relative(root, latestRun())}`);
  console.log(`version: ${relative(root, artifact)}`);
}

async function classify() {
  const server = spawn(process.execPath, [cli, 'serve', store, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await addressOf(server);
    for (const label of [1, 0]) {
      const { id, input } = await unseenMail(label);
      const started = performance.now();
      const response = await fetch(`${url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instances: [input] }),
      });
      const milliseconds = performance.now() - started;
      if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
      const [{ label: answer, probability }] = (await response.json()).predictions;
      console.log(`${label === 1 ? 'spam' : 'ham '} ${id}: ${JSON.stringify(input.text.slice(0, 70))}…`);
      console.log(
        `     → ${answer}, probability of spam ${probability.toFixed(4)}, ${milliseconds.toFixed(1)} ms`,
      );
    }
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('close', resolve));
  }
}

function addressOf(server) {
  return new Promise((resolve, reject) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
      if (url) resolve(url);
    });
    server.once('close', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

/** The first mail with this label in the split that neither training nor validation read. */
async function unseenMail(label) {
  const preprocess = readJson(join(latestRun(), 'run.json')).steps.find(({ step }) => step === 'preprocess');
  const file = join(store, preprocess.outputs.data.directory, 'test.jsonl');
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const sample = JSON.parse(line);
    if (sample.label === label) return sample;
  }
  throw new Error(`${file} has no mail with label ${label}`);
}

function latestRun() {
  const runs = readdirSync(join(store, 'runs')).sort();
  return join(store, 'runs', runs.at(-1));
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function heading(text) {
  console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 76 - text.length))}`);
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
