import { listOf, objectOf } from './flatten';
import type { Subject } from './subject';

/** What a statement of a policy allows. */
export interface Permission {
  readonly actions: readonly string[];
  /** ARNs; `*` stands for anything. */
  readonly resources: readonly string[];
  readonly condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Absent in the policies of roles. */
  readonly principal?: unknown;
}

/** What a policy document allows. */
export function permissionsIn(document: unknown): readonly Permission[] {
  const { Statement } = objectOf(document);
  return listOf([Statement].flat())
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Condition, Principal, Resource }) => ({
      actions: textsOf(Action),
      resources: textsOf(Resource),
      condition: Condition as Permission['condition'],
      principal: Principal,
    }));
}

export function textsOf(value: unknown): readonly string[] {
  return [value].flat().filter((item): item is string => typeof item === 'string');
}

/** The document of a policy that is attached to a resource: who may do what with it. */
export function resourcePolicyOf({ type, properties }: Subject): unknown {
  if (type === 'AWS::KMS::Key') return properties.KeyPolicy;
  return ['AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'].includes(type)
    ? properties.PolicyDocument
    : undefined;
}
