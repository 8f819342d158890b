import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createServer,
  findModel,
  type InferenceServer,
  type ServerEvent,
  type ServerOptions,
} from '../../lib/serving';

export const SPAM_FILTER = join(__dirname, '..', 'fixtures', 'versions', 'spam-filter');

export interface Running {
  readonly server: InferenceServer;
  readonly url: string;
  readonly events: readonly ServerEvent[];
}

/** A server for a version on a free port. */
export async function start(directory = SPAM_FILTER, options: ServerOptions = {}): Promise<Running> {
  const events: ServerEvent[] = [];
  const server = createServer(findModel(directory), { onEvent: (event) => events.push(event), ...options });
  return { server, url: await server.listen({ port: 0 }), events };
}

/** A version to spoil. */
export function copyOf(directory: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'serving-')), 'version');
  cpSync(directory, copy, { recursive: true });
  return copy;
}

export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return fetch(url, {
    method: 'POST',
    body: sent,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** The inputs of the spam filter for one row of equal tokens. */
export function tokens(id: number, rows = 1) {
  return {
    name: 'tokens',
    shape: [rows, 256],
    datatype: 'INT64',
    data: new Array<number>(rows * 256).fill(id),
  };
}

/** Ids of the model processes that a process started. */
export function modelProcesses(parent = process.pid): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => Number(match?.[2]) === parent && match?.[3]?.includes(join('runtime', 'child')))
    .map((match) => Number(match?.[1]));
}

/** Ends the one model process this process has. */
export function killModelProcess(): void {
  const [pid, ...others] = modelProcesses();
  if (pid === undefined || others.length > 0) throw new Error(`${others.length} model processes too many`);
  process.kill(pid, 'SIGKILL');
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await condition()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
}
