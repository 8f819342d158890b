import { listOf, objectOf, type Properties } from './flatten';
import type { Subject } from './subject';

/** What a policy document allows. */
export function allowedBy(document: unknown): readonly Properties[] {
  const { Statement } = objectOf(document);
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  return listOf(statements).filter(({ Effect }) => Effect === 'Allow');
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
