import { blockOf, type Properties } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

/** Where a resource or a request names its key, and what the key encrypts. */
const KEYS: Readonly<Record<string, readonly [what: string, key: (properties: Properties) => unknown]>> = {
  google_artifact_registry_repository: ['images of the repository', ({ kms_key_name }) => kms_key_name],
  google_bigquery_dataset: [
    'tables of the dataset',
    ({ default_encryption_configuration }) => blockOf(default_encryption_configuration).kms_key_name,
  ],
  google_cloud_run_v2_job: [
    'containers of the job',
    ({ template }) => blockOf(blockOf(template).template).encryption_key,
  ],
  google_cloud_run_v2_service: [
    'containers of the service',
    ({ template }) => blockOf(template).encryption_key,
  ],
  google_pubsub_topic: ['messages of the topic', ({ kms_key_name }) => kms_key_name],
  google_storage_bucket: [
    'objects of the bucket',
    ({ encryption }) => blockOf(encryption).default_kms_key_name,
  ],
  google_vertex_ai_endpoint: [
    'models of the endpoint',
    ({ encryption_spec }) => blockOf(encryption_spec).kms_key_name,
  ],
  google_workflows_workflow: ['runs of the workflow', ({ crypto_key_name }) => crypto_key_name],
  CustomJob: ['disks of the job', ({ encryptionSpec }) => blockOf(encryptionSpec).kmsKeyName],
  HyperparameterTuningJob: [
    'disks of the trials',
    ({ encryptionSpec }) => blockOf(encryptionSpec).kmsKeyName,
  ],
  Model: ['files of the model', ({ encryptionSpec }) => blockOf(encryptionSpec).kmsKeyName],
};

export const encryption: Rule = {
  id: 'encryption',
  level: 'error',
  cause: 'What is stored without a key of yours is open to everybody who may read the resource.',
  fix: 'Set a key of Cloud KMS.',
  check({ properties, type }) {
    const entry = KEYS[type];
    if (entry === undefined) return NOT_APPLICABLE;
    const [what, key] = entry;
    return key(properties) === undefined ? nonCompliant(`no key of yours encrypts the ${what}`) : COMPLIANT;
  },
};
