import type { Issue } from '../../issue';
import type { Json } from '../../pipeline/definition';
import type { VerificationReport, Verdict } from '../report';
import type { Subject } from '../subject';

/**
 * One thing that is checked of a model: a file of this folder, listed in `index.ts`, or a user's own,
 * given as `checks` to `verifyArtifact`.
 */
export interface Check {
  /** Stable, kebab-case; part of the report. */
  readonly id: string;
  /** What holds when it passes, as a sentence. */
  readonly title: string;
  /** Checks that must have passed for this one to be run. */
  readonly after: readonly string[];
  /**
   * For checks that read files only: they are run before any process is started, and when one fails
   * the model is never executed. Checks that ask for its process are then skipped.
   */
  readonly blocksExecution?: true;
  /** An `IssueError` it throws counts as failed, with the error's issues as findings. */
  readonly run: (subject: Subject) => Outcome | Promise<Outcome>;
}

export interface Outcome extends Pick<VerificationReport, 'latency'> {
  readonly verdict: Verdict;
  /** One sentence: what was measured, or why the check failed or was skipped. */
  readonly detail: string;
  /** What is wrong; `code` is the rule's id. */
  readonly findings: readonly Issue[];
  /** What was measured, for programs. @default - nothing */
  readonly data?: Json;
}

export function passed(detail: string, data?: Json): Outcome {
  return { verdict: 'passed', detail, findings: [], ...(data !== undefined && { data }) };
}

export function skipped(detail: string, data?: Json): Outcome {
  return { ...passed(detail, data), verdict: 'skipped' };
}

/** Failed when there are findings, else passed. */
export function judged(findings: readonly Issue[], failure: string, success: string, data?: Json): Outcome {
  if (findings.length === 0) return passed(success, data);
  return { ...passed(failure, data), verdict: 'failed', findings };
}

/** `1 sample`, `2 samples`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
