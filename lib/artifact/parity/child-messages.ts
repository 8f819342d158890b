import type { RuntimeSpec } from '../runtime/model-process';
import type { Tensor } from '../tensor';

/** What is asked of a child process with a model; `options` are the entry's own. */
export type ChildRequest =
  | { readonly kind: 'load'; readonly file: string; readonly options: unknown }
  | { readonly kind: 'run'; readonly feeds: Readonly<Record<string, Tensor>> }
  /** Ends what the runtime records of its runs and asks for it. */
  | { readonly kind: 'profile' };

export type ChildReply =
  | {
      readonly kind: 'loaded';
      readonly inputs: Readonly<Record<string, RuntimeSpec>>;
      readonly outputs: Readonly<Record<string, RuntimeSpec>>;
    }
  | { readonly kind: 'answered'; readonly outputs: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'profiled'; readonly profile: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly fix: string };

export type ReplyOf<Kind extends ChildReply['kind']> = Extract<ChildReply, { kind: Kind }>;
