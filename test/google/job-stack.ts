import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack, Testing } from 'cdktf';
import type { Project } from '../../lib/google';
import { type Outcome, Terraform } from './terraform/terraform';

export const project: Project = {
  id: 'models-of-my-team',
  number: '123456789012',
  region: 'europe-west4',
};

type Resource = Readonly<Record<string, unknown>>;

/** A stack that is looked at in parts, then handed to terraform as a whole. */
export class JobStack {
  readonly stack: TerraformStack;
  private readonly app: App;
  private readonly work = mkdtempSync(join(tmpdir(), 'google-'));

  constructor(name = 'test') {
    this.app = new App({ outdir: this.work });
    this.stack = new TerraformStack(this.app, name);
    new GoogleProvider(this.stack, 'google', { project: project.id, region: project.region });
  }

  /** Resources of a type whose construct path has this beginning, in the order of their names. */
  resources(type: string, path = ''): Resource[] {
    const { resource = {} } = JSON.parse(Testing.synth(this.stack)) as {
      resource?: Record<string, Record<string, Resource> | undefined>;
    };
    return Object.entries(resource[type] ?? {})
      .filter(([name]) => name.startsWith(path.replaceAll('/', '_')))
      .map(([, properties]) => properties);
  }

  /** The directory that terraform works in. */
  synth(): string {
    this.app.synth();
    return join(this.work, 'stacks', this.stack.node.id);
  }

  /** What terraform says to these commands, one after the other. */
  async terraform(...commands: readonly (readonly string[])[]): Promise<Outcome[]> {
    const terraform = await Terraform.start(this.synth());
    const outcomes: Outcome[] = [];
    try {
      for (const command of [['init', '-input=false'], ...commands]) {
        outcomes.push(await terraform.run(...command));
      }
    } finally {
      await terraform.stop();
    }
    return outcomes.slice(1);
  }

  remove(): void {
    rmSync(this.work, { recursive: true });
  }
}
