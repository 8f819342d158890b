import type { Issue } from '../../issue';
import type { VerificationReport, Verdict } from '../report';
import type { Subject } from '../subject';

/** One thing that is checked of a model: a file of this folder, listed in `index.ts`. */
export interface Check {
  /** Stable, kebab-case; part of the report. */
  readonly id: string;
  /** What holds when it passes, as a sentence. */
  readonly title: string;
  /** Checks that must have passed for this one to be run. */
  readonly after: readonly string[];
  /** An `IssueError` it throws counts as failed, with the error's issues as findings. */
  readonly run: (subject: Subject) => Outcome | Promise<Outcome>;
}

export interface Outcome extends Pick<VerificationReport, 'latency'> {
  readonly verdict: Verdict;
  readonly detail: string;
  readonly findings: readonly Issue[];
}

export function passed(detail: string): Outcome {
  return { verdict: 'passed', detail, findings: [] };
}

export function skipped(detail: string): Outcome {
  return { verdict: 'skipped', detail, findings: [] };
}

/** Failed when there are findings, else passed. */
export function judged(findings: readonly Issue[], failure: string, success: string): Outcome {
  return findings.length > 0 ? { verdict: 'failed', detail: failure, findings } : passed(success);
}

/** `1 sample`, `2 samples`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
