import { listOf, objectOf } from './flatten';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule, type Verdict } from './rule';
import { ENDPOINT_CONFIG, isServerless, jobOf, machinesOf } from './sagemaker';
import type { Subject, Subjects } from './subject';

export const encryption: Rule = {
  id: 'encryption',
  level: 'error',
  cause: 'What is stored without a key of yours is open to everybody who may read the resource.',
  fix: 'Set a KMS key.',
  check(subject, all) {
    const { type, properties } = subject;
    if (type === 'AWS::S3::Bucket') return checkBucket(subject, all);
    if (type === 'AWS::SNS::Topic') return has(properties.KmsMasterKeyId, 'messages of the topic');
    if (type === ENDPOINT_CONFIG) return checkConfig(subject);
    const job = jobOf(subject);
    if (!job) return NOT_APPLICABLE;
    const output = has(job.output.KmsKeyId, 'output of the job');
    return output === COMPLIANT && needsDiskKey(subject)
      ? has(job.resources.VolumeKmsKeyId, 'disks of the job')
      : output;
  },
};

/** Access logs go to buckets with keys of S3's only. */
function checkBucket({ name, properties }: Subject, all: Subjects): Verdict {
  const isForLogs = all
    .ofType('AWS::S3::Bucket')
    .some((other) => objectOf(other.properties.LoggingConfiguration).DestinationBucketName === `\${${name}}`);
  if (isForLogs) return NOT_APPLICABLE;
  const rules = listOf(objectOf(properties.BucketEncryption).ServerSideEncryptionConfiguration);
  const usesKms = rules.some(({ ServerSideEncryptionByDefault }) =>
    String(objectOf(ServerSideEncryptionByDefault).SSEAlgorithm).startsWith('aws:kms'),
  );
  return has(usesKms || undefined, 'objects of the bucket');
}

function checkConfig(subject: Subject): Verdict {
  const { AsyncInferenceConfig, DataCaptureConfig, KmsKeyId } = subject.properties;
  const checks = [
    ...(DataCaptureConfig === undefined
      ? []
      : [has(objectOf(DataCaptureConfig).KmsKeyId, 'recorded requests')]),
    ...(AsyncInferenceConfig === undefined
      ? []
      : [has(objectOf(objectOf(AsyncInferenceConfig).OutputConfig).KmsKeyId, 'responses')]),
    ...(isServerless(subject) || !needsDiskKey(subject) ? [] : [has(KmsKeyId, 'disks of the endpoint')]),
  ];
  if (checks.length === 0) return NOT_APPLICABLE;
  return checks.find((verdict) => verdict !== COMPLIANT) ?? COMPLIANT;
}

function needsDiskKey(subject: Subject): boolean {
  return machinesOf(subject).every(({ machine }) => machine && !machine.localNvme);
}

function has(key: unknown, what: string): Verdict {
  return key === undefined ? nonCompliant(`no KMS key encrypts the ${what}`) : COMPLIANT;
}
