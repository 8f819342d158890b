import { Construct } from 'constructs';
import { AWS_CONSTRUCT } from '../../../lib/google/rules/read-subjects';
import type { Properties } from '../../../lib/google/rules/properties';
import { type Subject, Subjects } from '../../../lib/google/rules/subject';
import { requestsOf } from '../../../lib/google/rules/workflow-requests';

const root = new Construct(undefined as never, '');
let count = 0;

export function resource(type: string, properties: Properties): Subject {
  return { kind: 'resource', type, construct: construct(), step: '', properties };
}

export function data(type: string): Subject {
  return { ...resource(type, {}), kind: 'data' };
}

export function awsConstruct(id: string): Subject {
  return { ...resource(AWS_CONSTRUCT, {}), kind: 'construct', construct: new Construct(root, id) };
}

/** What a workflow with one step asks for. */
export function request(body: Properties, step = 'step'): Subject[] {
  const source = JSON.stringify({ main: { steps: [{ [step]: { call: 'create', args: { body } } }] } });
  return requestsOf(source).map(({ body: properties, step: of, type }) => ({
    kind: 'request',
    type,
    construct: construct(),
    step: of,
    properties,
  }));
}

export function subjects(...found: readonly (Subject | readonly Subject[])[]): Subjects {
  return new Subjects(found.flat());
}

function construct(): Construct {
  count += 1;
  return new Construct(root, `C${count}`);
}
