import type { IField, IMapField, INamespace, IType } from 'protobufjs';

/**
 * Messages of APIs of which no client library is installed, with the fields that a caller may set:
 * https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/Job,
 * https://docs.cloud.google.com/workflows/docs/reference/executions/rest/v1/projects.locations.workflows.executions
 */
export const REST_MESSAGES: INamespace = {
  nested: {
    Job: message({ configuration: 'JobConfiguration', jobReference: 'JobReference' }),
    JobConfiguration: message({
      query: 'JobConfigurationQuery',
      dryRun: 'bool',
      jobTimeoutMs: 'int64',
      labels: 'map',
      reservation: 'string',
    }),
    JobConfigurationQuery: message({
      query: 'string',
      destinationTable: 'TableReference',
      createDisposition: 'string',
      writeDisposition: 'string',
      defaultDataset: 'DatasetReference',
      priority: 'string',
      useQueryCache: 'bool',
      maximumBytesBilled: 'int64',
      useLegacySql: 'bool',
      destinationEncryptionConfiguration: 'EncryptionConfiguration',
    }),
    JobReference: message({ projectId: 'string', jobId: 'string', location: 'string' }),
    TableReference: message({ projectId: 'string', datasetId: 'string', tableId: 'string' }),
    DatasetReference: message({ projectId: 'string', datasetId: 'string' }),
    EncryptionConfiguration: message({ kmsKeyName: 'string' }),
    Execution: message({
      argument: 'string',
      callLogLevel: 'string',
      executionHistoryLevel: 'string',
      labels: 'map',
    }),
  },
};

/** JSON knows no numbers of fields; protobufjs wants them. */
function message(types: Readonly<Record<string, string>>): IType {
  const fields = Object.entries(types).map(([name, type], index): [string, IField | IMapField] => {
    const id = index + 1;
    return [name, type === 'map' ? { id, type: 'string', keyType: 'string' } : { id, type }];
  });
  return { fields: Object.fromEntries(fields) };
}
