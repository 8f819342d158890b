import type { Plan, Step } from '../pipeline';

/** What a run tells while it goes on. */
export type RunEvent =
  | { readonly type: 'run-started'; readonly run: string; readonly directory: string; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly step: Step }
  | { readonly type: 'step-progress'; readonly step: Step; readonly message: string }
  /** @param detail what the step decided or measured, in a few words; may be empty */
  | { readonly type: 'step-finished'; readonly step: Step; readonly seconds: number; readonly detail: string }
  | { readonly type: 'step-reused'; readonly step: Step; readonly from: string; readonly detail: string }
  | {
      readonly type: 'step-failed';
      readonly step: Step;
      readonly cause: string;
      readonly log: string | undefined;
    };
