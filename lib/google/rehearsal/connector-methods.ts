const VERTEX = 'aiplatform.v1.projects.locations';
const TYPES = 'google.cloud.aiplatform.v1';

/** What a method of a connector takes, and what its caller must be allowed. */
export interface ConnectorMethod {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  /** Message that `body` is, by the client library that knows it, or by its REST reference. */
  readonly body?: readonly [library: 'aiplatform' | 'run' | 'rest', type: string];
  /** On the project; other permissions depend on what is called. */
  readonly permissions?: readonly string[];
}

const vertexJob = (collection: string, type: string): Record<string, ConnectorMethod> => ({
  [`${VERTEX}.${collection}.create`]: {
    required: ['parent', 'region', 'body'],
    body: ['aiplatform', `${TYPES}.${type}`],
    permissions: [`aiplatform.${collection}.create`],
  },
  [`${VERTEX}.${collection}.get`]: {
    required: ['name', 'region'],
    permissions: [`aiplatform.${collection}.get`],
  },
  [`${VERTEX}.${collection}.cancel`]: {
    required: ['name', 'region'],
    permissions: [`aiplatform.${collection}.cancel`],
  },
});

/** https://docs.cloud.google.com/workflows/docs/reference/googleapis */
export const METHODS: Readonly<Record<string, ConnectorMethod>> = {
  ...vertexJob('customJobs', 'CustomJob'),
  ...vertexJob('hyperparameterTuningJobs', 'HyperparameterTuningJob'),
  [`${VERTEX}.models.upload`]: {
    required: ['parent', 'region', 'body'],
    optional: ['connector_params'],
    body: ['aiplatform', `${TYPES}.UploadModelRequest`],
    permissions: ['aiplatform.models.upload'],
  },
  [`${VERTEX}.models.get`]: { required: ['name', 'region'], permissions: ['aiplatform.models.get'] },
  [`${VERTEX}.models.patch`]: {
    required: ['name', 'region', 'updateMask', 'body'],
    body: ['aiplatform', `${TYPES}.Model`],
    permissions: ['aiplatform.models.update'],
  },
  [`${VERTEX}.models.mergeVersionAliases`]: {
    required: ['name', 'region', 'body'],
    body: ['aiplatform', `${TYPES}.MergeVersionAliasesRequest`],
    permissions: ['aiplatform.models.update'],
  },
  [`${VERTEX}.endpoints.get`]: { required: ['name', 'region'], permissions: ['aiplatform.endpoints.get'] },
  [`${VERTEX}.endpoints.deployModel`]: {
    required: ['endpoint', 'region', 'body'],
    optional: ['connector_params'],
    body: ['aiplatform', `${TYPES}.DeployModelRequest`],
    permissions: ['aiplatform.endpoints.deploy'],
  },
  [`${VERTEX}.endpoints.undeployModel`]: {
    required: ['endpoint', 'region', 'body'],
    optional: ['connector_params'],
    body: ['aiplatform', `${TYPES}.UndeployModelRequest`],
    permissions: ['aiplatform.endpoints.undeploy'],
  },
  [`${VERTEX}.endpoints.patch`]: {
    required: ['name', 'region', 'updateMask', 'body'],
    body: ['aiplatform', `${TYPES}.Endpoint`],
    permissions: ['aiplatform.endpoints.update'],
  },
  'run.v2.projects.locations.jobs.run': {
    required: ['name', 'body'],
    optional: ['connector_params'],
    body: ['run', 'google.cloud.run.v2.RunJobRequest'],
  },
  'run.v2.projects.locations.services.get': { required: ['name'] },
  'run.v2.projects.locations.services.patch': {
    required: ['name', 'body'],
    optional: ['allowMissing', 'connector_params', 'updateMask', 'validateOnly'],
    body: ['run', 'google.cloud.run.v2.Service'],
  },
  'storage.v1.objects.get': { required: ['bucket', 'object'], optional: ['alt', 'generation'] },
  'storage.v1.objects.insert': {
    required: ['bucket', 'name', 'uploadType', 'body'],
    optional: ['ifGenerationMatch'],
  },
  'storage.v1.objects.delete': { required: ['bucket', 'object'], optional: ['ifGenerationMatch'] },
  'storage.v1.objects.list': { required: ['bucket'], optional: ['prefix', 'maxResults', 'pageToken'] },
  'bigquery.v2.tables.get': { required: ['projectId', 'datasetId', 'tableId'] },
  'bigquery.v2.jobs.insert': {
    required: ['projectId', 'body'],
    optional: ['connector_params'],
    body: ['rest', 'Job'],
    permissions: ['bigquery.jobs.create'],
  },
  'workflowexecutions.v1.projects.locations.workflows.executions.get': {
    required: ['name'],
    optional: ['view'],
    permissions: ['workflows.executions.get'],
  },
  'workflowexecutions.v1.projects.locations.workflows.executions.list': {
    required: ['parent'],
    optional: ['filter', 'orderBy', 'pageSize', 'pageToken', 'view'],
    permissions: ['workflows.executions.list'],
  },
  'workflowexecutions.v1.projects.locations.workflows.executions.create': {
    required: ['parent', 'body'],
    body: ['rest', 'Execution'],
    permissions: ['workflows.executions.create'],
  },
};

/** What is wrong with the arguments of a method, but for its body. */
export function argumentIssues(
  name: string,
  { optional = [], required }: ConnectorMethod,
  args: Readonly<Record<string, unknown>>,
): string[] {
  const {
    body,
    endpoint,
    name: resource,
    parent,
    region,
    updateMask,
  } = args as {
    readonly body?: object;
    readonly updateMask?: string;
  } & Readonly<Partial<Record<'endpoint' | 'name' | 'parent' | 'region', string>>>;
  const place = parent ?? endpoint ?? resource ?? '';
  const masked = updateMask?.split(',') ?? [];
  const named = Object.keys(body ?? {});
  return [
    ...required
      .filter((key) => args[key] === undefined || args[key] === null)
      .map((key) => `${key} is missing`),
    ...Object.keys(args)
      .filter((key) => ![...required, ...optional].includes(key))
      .map((key) => `there is no argument ${key}`),
    ...(region !== undefined && !`${place}/`.includes(`/locations/${region}/`)
      ? [`the region is ${region}, the resource ${place}`]
      : []),
    ...(masked.every((field) => named.includes(field))
      ? []
      : [`the mask names ${masked.join(', ')}, the body has ${named.join(', ')}`]),
  ].map((problem) => `${name}: ${problem}`);
}
