import type { PolicyViolatingResource } from 'aws-cdk-lib/core';
import type { Properties } from './flatten';

/**
 * What a rule looks at: a resource of a template, or what a state machine's task makes when it runs. Both
 * have the same type and properties, as SageMaker's API and CloudFormation name them alike.
 */
export interface Subject {
  /** `AWS::SageMaker::EndpointConfig`. Of what CloudFormation cannot make, too: `AWS::SageMaker::TrainingJob`. */
  readonly type: string;
  /** A resource is there from the deployment on; a task creates or updates it in a run. */
  readonly origin: 'resource' | 'create' | 'update';
  /** Logical id, or name of the state. */
  readonly name: string;
  readonly properties: Properties;
  /** Of the resource in the template: `cdk-model-pipeline:bytes`. */
  readonly metadata: Properties;
  /** What a violation is reported at. */
  readonly place: PolicyViolatingResource;
}

/** All subjects of an app. */
export class Subjects implements Iterable<Subject> {
  private readonly byType = new Map<string, Subject[]>();
  private readonly views = new Map<unknown, unknown>();

  constructor(private readonly subjects: readonly Subject[]) {
    for (const subject of subjects) {
      const same = this.byType.get(subject.type);
      if (same) same.push(subject);
      else this.byType.set(subject.type, [subject]);
    }
  }

  [Symbol.iterator](): Iterator<Subject> {
    return this.subjects[Symbol.iterator]();
  }

  ofType(type: string): readonly Subject[] {
    return this.byType.get(type) ?? [];
  }

  /** What `compute` makes of all subjects, made once. */
  view<T>(compute: (all: Subjects) => T): T {
    if (!this.views.has(compute)) this.views.set(compute, compute(this));
    return this.views.get(compute) as T;
  }

  /** The subject of a type that `reference`, a flat value of `from`, names or refers to. */
  referenced(type: string, reference: unknown, from: Subject): Subject | undefined {
    if (typeof reference !== 'string') return undefined;
    const id = /^\$\{(\w+)(?:\.\w+)?\}$/.exec(reference)?.[1];
    const nameProperty = `${type.split('::')[2] ?? ''}Name`;
    return this.ofType(type).find(
      ({ name, origin, place, properties }) =>
        place.templatePath === from.place.templatePath &&
        (id === undefined
          ? properties[nameProperty] === reference && isSeenBy(from, { origin, place })
          : origin === 'resource' && name === id),
    );
  }
}

/** What a state machine names by a path into its data is known to itself alone. */
function isSeenBy({ place }: Subject, other: Pick<Subject, 'origin' | 'place'>): boolean {
  return other.origin === 'resource' || other.place.resourceLogicalId === place.resourceLogicalId;
}
