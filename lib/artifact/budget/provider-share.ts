import { IssueError } from '../../issue';
import { isObject } from '../json-file';

/** How the nodes of a model are spread over execution providers. */
export interface ProviderShare {
  /** Nodes run by each provider, by its name in onnxruntime: `CUDAExecutionProvider`. */
  readonly nodes: Readonly<Record<string, number>>;
  /** Time spent in each, in milliseconds over the recorded runs. */
  readonly milliseconds: Readonly<Record<string, number>>;
  /** Operators that did not run on the wanted provider, most frequent first. */
  readonly elsewhere: readonly {
    readonly operator: string;
    readonly provider: string;
    readonly nodes: number;
  }[];
  /** Share of nodes on the wanted provider, 0 to 1. */
  readonly wanted: number;
}

/**
 * Reads a profile that onnxruntime wrote. Copies between devices are not counted as nodes of the model.
 *
 * @param profile the file's text
 * @param wanted the provider that is to run the model: `"cuda"` or `"CUDAExecutionProvider"`
 * @throws IssueError when the text is no profile or holds no run
 */
export function providerShare(profile: string, wanted: string): ProviderShare {
  const events = nodeEvents(profile);
  const nodes = new Map<string, { readonly operator: string; readonly provider: string }>();
  const milliseconds: Record<string, number> = {};
  for (const { name, operator, provider, duration } of events) {
    nodes.set(name, { operator, provider });
    milliseconds[provider] = (milliseconds[provider] ?? 0) + duration / 1000;
  }
  const counts: Record<string, number> = {};
  const elsewhere = new Map<
    string,
    { readonly operator: string; readonly provider: string; nodes: number }
  >();
  for (const { operator, provider } of nodes.values()) {
    counts[provider] = (counts[provider] ?? 0) + 1;
    if (isProvider(provider, wanted)) continue;
    const key = `${operator} ${provider}`;
    const known = elsewhere.get(key) ?? { operator, provider, nodes: 0 };
    elsewhere.set(key, { ...known, nodes: known.nodes + 1 });
  }
  const away = [...elsewhere.values()].sort((a, b) => b.nodes - a.nodes);
  const awayCount = away.reduce((sum, entry) => sum + entry.nodes, 0);
  return { nodes: counts, milliseconds, elsewhere: away, wanted: 1 - awayCount / nodes.size };
}

interface NodeEvent {
  readonly name: string;
  readonly operator: string;
  readonly provider: string;
  /** Microseconds. */
  readonly duration: number;
}

function nodeEvents(profile: string): NodeEvent[] {
  let json: unknown;
  try {
    json = JSON.parse(profile);
  } catch (error) {
    throw broken('is not JSON', error);
  }
  const events = Array.isArray(json) ? json.flatMap(toNodeEvent) : [];
  if (events.length === 0) throw broken('holds no node that ran');
  return events;
}

function toNodeEvent(event: unknown): NodeEvent[] {
  if (!isObject(event) || event.cat !== 'Node' || !isObject(event.args)) return [];
  const { provider, op_name: operator, node_index: index } = event.args;
  if (typeof provider !== 'string' || typeof operator !== 'string') return [];
  if (operator === 'MemcpyToHost' || operator === 'MemcpyFromHost') return [];
  const name = `${String(event.name)} ${String(index)}`;
  return [{ name, operator, provider, duration: Number(event.dur) }];
}

/** `cuda` and `CUDAExecutionProvider` are the same. */
function isProvider(provider: string, wanted: string): boolean {
  const short = (name: string) => name.toLowerCase().replace(/executionprovider$/, '');
  return short(provider) === short(wanted);
}

function broken(message: string, cause?: unknown): IssueError {
  const fix = 'record a profile of at least one run with onnxruntime';
  return new IssueError('profile', [{ code: 'profile', path: 'profile', message, fix }], { cause });
}
