import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** What a run of terraform printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Whether the command is there; says so loudly where not. */
export async function terraformMissing(): Promise<boolean> {
  try {
    await promisify(execFile)('terraform', ['version']);
    return false;
  } catch {
    console.warn('NOT TESTED: terraform is not on the PATH, so no stack is validated, planned or applied.');
    return true;
  }
}

/** Terraform in the directory of a synthesised stack, with the schema-only provider behind it. */
export class Terraform {
  static async start(directory: string): Promise<Terraform> {
    const { resource = {} } = JSON.parse(readFileSync(join(directory, 'cdk.tf.json'), 'utf8')) as {
      resource?: Record<string, unknown>;
    };
    // Without a backend of the user's, cdktf keeps the state in the directory that the app runs in.
    const backend = { terraform: { backend: { local: { path: 'terraform.tfstate' } } } };
    writeFileSync(join(directory, 'backend_override.tf.json'), JSON.stringify(backend));
    const provider = spawn(
      process.execPath,
      ['--import', 'tsx', join(__dirname, 'provider.ts'), ...Object.keys(resource)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const [reattach] = (await once(createInterface(provider.stdout), 'line')) as [string];
    return new Terraform(directory, provider, reattach);
  }

  private constructor(
    private readonly directory: string,
    private readonly provider: ChildProcess,
    private readonly reattach: string,
  ) {}

  async run(...args: readonly string[]): Promise<Outcome> {
    const env = {
      ...process.env,
      TF_REATTACH_PROVIDERS: this.reattach,
      CHECKPOINT_DISABLE: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
    };
    const child = spawn('terraform', [...args, '-no-color'], {
      cwd: this.directory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  async stop(): Promise<void> {
    const exited = once(this.provider, 'exit');
    this.provider.stdin?.end();
    await exited;
  }
}
