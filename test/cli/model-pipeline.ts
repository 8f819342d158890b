import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  /** Sends SIGINT then. */
  readonly interruptAfterMs?: number;
  /** Told what the command prints, while it runs. */
  readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command line from its sources. */
export function modelPipeline(parameters: readonly string[], options: Options = {}): Promise<Outcome> {
  const { env = {}, interruptAfterMs, onOutput = () => undefined } = options;
  const child = spawn(process.execPath, ['--import', 'tsx', resolve('lib/cli/main.ts'), ...parameters], {
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => {
    output.stdout += data.toString();
    onOutput(data.toString(), (signal) => child.kill(signal));
  });
  child.stderr.on('data', (data: Buffer) => (output.stderr += data.toString()));
  if (interruptAfterMs !== undefined) setTimeout(() => child.kill('SIGINT'), interruptAfterMs);
  return new Promise((done) => {
    child.once('close', (code) => {
      done({ code, ...output });
    });
  });
}
