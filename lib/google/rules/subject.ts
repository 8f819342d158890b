import type { IConstruct } from 'constructs';
import type { Properties } from './properties';

/** What a rule looks at. */
export interface Subject {
  /**
   * `resource` and `data` are there from the deployment on; a `request` is what a workflow sends when it
   * runs; a `construct` is something that Terraform does not know.
   */
  readonly kind: 'resource' | 'data' | 'request' | 'construct';
  /** `google_storage_bucket`; of a request the message: `CustomJob`, `DeployedModel`. */
  readonly type: string;
  /** What a finding is reported at. */
  readonly construct: IConstruct;
  /** Tells requests of one workflow apart; empty for all else. */
  readonly step: string;
  readonly properties: Properties;
}

/** All subjects of a stack. */
export class Subjects implements Iterable<Subject> {
  private readonly byType = new Map<string, Subject[]>();

  constructor(private readonly subjects: readonly Subject[]) {
    for (const subject of subjects) {
      this.byType.set(subject.type, [...(this.byType.get(subject.type) ?? []), subject]);
    }
  }

  [Symbol.iterator](): Iterator<Subject> {
    return this.subjects[Symbol.iterator]();
  }

  ofType(type: string): readonly Subject[] {
    return this.byType.get(type) ?? [];
  }
}
