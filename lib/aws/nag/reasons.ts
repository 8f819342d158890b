import { findMachine } from '../../hardware';
import { listOf, literalOf, type Properties } from '../rules/flatten';

/** Names of findings without the name of their pack, with the reason why they stay. */
export type Reasons = Readonly<Record<string, string>>;

const STORE: Reasons = {
  S1: 'Access logs go to one bucket of the account: give it as `accessLogsBucket`.',
  S3BucketLoggingEnabled: 'Access logs go to one bucket of the account: give it as `accessLogsBucket`.',
  S3BucketReplicationEnabled:
    'Versions are kept, and what a run has made can be made again by a run. A copy elsewhere is for the owner of the data to decide.',
};

const POLICY: Reasons = {
  IAMNoInlinePolicy:
    'The policy is for one role and one step: inline, it cannot be attached to anything else, and goes with its role.',
};

const FUNCTION: Reasons = {
  LambdaConcurrency:
    'A state machine calls the function once per run, or events do, which may wait. A reserve would be taken from the rest of the account.',
  LambdaDLQ:
    'The state machine waits for the answer: it sees a failure, tries again, and notifies. What counts feedback or keeps scaling on begins anew at its next call.',
  LambdaInsideVPC: 'The function talks to services of AWS only, over TLS, with a role for one step.',
};

const LOCK: Reasons = {
  DynamoDBInBackupPlan: 'The table holds a lock while a release runs: there is nothing to bring back.',
};

const NVME: Reasons = {
  SageMakerEndpointConfigurationKMSKeyConfigured:
    'The machine encrypts its local NVMe disk with a key of its own, and SageMaker refuses another one.',
};

/** Reasons for what is found of a resource that this library has made. */
export function reasonsFor(type: string, properties: Properties): Reasons {
  switch (type) {
    case 'AWS::S3::Bucket':
      return STORE;
    case 'AWS::IAM::Policy':
      return POLICY;
    case 'AWS::Lambda::Function':
      return FUNCTION;
    case 'AWS::DynamoDB::Table':
      return LOCK;
    case 'AWS::SageMaker::EndpointConfig':
      return hasNvme(properties) ? NVME : {};
    default:
      return {};
  }
}

function hasNvme({ ProductionVariants }: Properties): boolean {
  return listOf(ProductionVariants).some(
    ({ InstanceType }) => findMachine(literalOf(InstanceType) ?? '', 'aws')?.localNvme === true,
  );
}
