/** A definition of Google Cloud Workflows as JSON: `main` and its subworkflows. */
export type WorkflowSource = Readonly<Record<string, Subworkflow>>;

export interface Subworkflow {
  /** Names of its arguments; `{ name: default }` for one that may be left out. */
  readonly params?: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly steps: Steps;
}

/** Each step under its name. */
export type Steps = readonly Readonly<Record<string, WorkflowStep>>[];

/** One of: assign, call, for, parallel, raise, return, steps, switch, try. */
export interface WorkflowStep {
  readonly assign?: readonly Readonly<Record<string, unknown>>[];
  readonly call?: string;
  readonly args?: unknown;
  readonly result?: string;
  readonly for?: Loop;
  readonly parallel?: Parallel;
  readonly raise?: unknown;
  readonly return?: unknown;
  readonly steps?: Steps;
  readonly switch?: readonly (WorkflowStep & { readonly condition: unknown })[];
  readonly try?: WorkflowStep;
  readonly retry?: Retry;
  readonly except?: { readonly as?: string; readonly steps: Steps };
  /** Name of a step, or `end`, `break`, `continue`. */
  readonly next?: string;
}

export interface Loop {
  readonly value: string;
  readonly index?: string;
  readonly in?: unknown;
  readonly range?: readonly [unknown, unknown];
  readonly steps: Steps;
}

export interface Parallel {
  /** Variables of outside that branches may change. */
  readonly shared?: readonly string[];
  readonly branches?: readonly Readonly<Record<string, { readonly steps: Steps }>>[];
  readonly for?: Loop;
}

export interface Retry {
  /** `${http.default_retry_predicate}`, or a subworkflow that takes the error. */
  readonly predicate: string;
  readonly max_retries: number;
  readonly backoff: {
    readonly initial_delay: number;
    readonly max_delay: number;
    readonly multiplier: number;
  };
}
