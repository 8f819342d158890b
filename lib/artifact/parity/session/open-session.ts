import { ChildModel } from '../child-model';
import type { RunOptions } from '../runnable-model';

/** How much onnxruntime rewrites a graph before it runs it. */
export type OptimizationLevel = 'disabled' | 'basic' | 'extended' | 'all';

export interface SessionSettings {
  /** @default "all", as in service */
  readonly optimization?: OptimizationLevel;
  /** Execution providers in order of preference; onnxruntime itself adds the CPU. @default - the CPU */
  readonly providers?: readonly string[];
  /** Writes the graph as it will be run to this file. @default - none */
  readonly optimizedFile?: string;
  /** Records which provider runs each node, see `ChildModel.profile`. @default false */
  readonly profile?: boolean;
}

/**
 * Loads an ONNX model in onnxruntime with settings of its own.
 *
 * @throws IssueError when the model does not load, hangs or aborts, or a provider is not installed
 */
export function openSession(
  file: string,
  settings: SessionSettings,
  options: RunOptions = {},
): Promise<ChildModel> {
  return ChildModel.start(require.resolve('./child'), file, settings, options);
}
