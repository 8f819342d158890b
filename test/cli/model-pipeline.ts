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

/** `npm test` builds first, and names what it built: that is what users run, and it starts in half the time. */
const MAIN = resolve(process.env.MODEL_PIPELINE_MAIN ?? 'lib/cli/main.ts');

/** Runs the command line: what was built, or its sources. */
export function modelPipeline(parameters: readonly string[], options: Options = {}): Promise<Outcome> {
  const { env = {}, interruptAfterMs, onOutput = () => undefined } = options;
  const loader = MAIN.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const child = spawn(process.execPath, [...loader, MAIN, ...parameters], {
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
