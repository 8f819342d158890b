import { readFileSync } from 'node:fs';

/**
 * Most resident memory this process has had. On Linux that is not what the process accounting says: it
 * begins with the memory of the parent, whose copy the process was before it became itself.
 */
export function peakMemoryBytes(): number {
  const kibibytes = highWaterMark() ?? process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}

function highWaterMark(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes);
}
