import { WorkflowError } from './workflow-error';

/** Variables of a subworkflow, of a branch or of a loop. */
export class Scope {
  private readonly values = new Map<string, unknown>();

  /** @param shared variables of outside that an assignment here changes; absent: all of them */
  constructor(
    private readonly outer?: Scope,
    private readonly shared?: readonly string[],
  ) {}

  /** @throws WorkflowError of the tag `KeyError` where there is none */
  get(name: string): unknown {
    if (this.values.has(name)) return this.values.get(name);
    if (this.outer === undefined) throw WorkflowError.of('KeyError', `variable not found: ${name}`);
    return this.outer.get(name);
  }

  set(name: string, value: unknown): void {
    const owner = this.ownerOf(name) ?? this;
    owner.values.set(name, value);
  }

  /** A variable that exists here only, as that of a loop. */
  declare(name: string, value: unknown): void {
    this.values.set(name, value);
  }

  /** Size of all variables as JSON, in bytes: Workflows holds 512 KB. */
  get bytes(): number {
    const own = [...this.values.values()].reduce<number>(
      (sum, value) => sum + Buffer.byteLength(JSON.stringify(value ?? null)),
      0,
    );
    return own + (this.outer?.bytes ?? 0);
  }

  private ownerOf(name: string): Scope | undefined {
    if (this.values.has(name)) return this;
    if (this.shared && !this.shared.includes(name)) return undefined;
    return this.outer?.ownerOf(name);
  }
}
