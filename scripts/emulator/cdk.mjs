/** Runs the CDK command line as a user would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const CDK = join(resolve(import.meta.dirname, '..', '..'), 'node_modules', '.bin', 'cdk');

/**
 * Runs `cdk …` and waits for its end.
 *
 * @param args the command and its options
 * @param log file that takes its output
 * @throws Error with the line that says why it failed
 */
export async function runCdk(args, { env, cwd, log, signal }) {
  const output = await open(log, 'w');
  try {
    const options = ['--ci', '--no-color', '--no-notices', '--no-version-reporting'];
    const stdio = ['ignore', output.fd, output.fd];
    const cdk = spawn(CDK, [...args, ...options], { cwd, env, signal, stdio });
    const [code] = await once(cdk, 'exit');
    if (code === 0) return;
  } finally {
    await output.close();
  }
  throw new Error(`cdk ${args[0]} failed: ${causeOf(await readFile(log, 'utf8'))}`);
}

/** What marks the line a person looks for: an issue of this library; errors of constructs, Node, CDK. */
const MARKS = [/ \[[a-z][a-z-]+\]$/, /^«.+»/, /^\w*Error: /, /^‣ /, /^❌ /];

function causeOf(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const marked = MARKS.map((mark) => lines.findLast((line) => mark.test(line))).find(Boolean);
  return marked ?? lines.findLast(Boolean) ?? 'it printed nothing';
}
