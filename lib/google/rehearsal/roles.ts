const TUNE = 'aiplatform.hyperparameterTuningJobs';

/**
 * What roles allow, as far as pipelines use it: https://docs.cloud.google.com/iam/docs/roles-permissions,
 * under `aiplatform`, `bigquery`, `run`, `storage`, `iam`, `logging`, `monitoring`, `workflows`.
 */
export const ROLES: Readonly<Record<string, readonly string[]>> = {
  'roles/aiplatform.user': [
    ...['create', 'get', 'cancel'].flatMap((what) => [`aiplatform.customJobs.${what}`, `${TUNE}.${what}`]),
    ...['get', 'list', 'update', 'upload'].map((what) => `aiplatform.models.${what}`),
    ...['deploy', 'get', 'predict', 'undeploy', 'update'].map((what) => `aiplatform.endpoints.${what}`),
  ],
  'roles/aiplatform.viewer': [
    'aiplatform.customJobs.get',
    `${TUNE}.get`,
    'aiplatform.models.get',
    'aiplatform.models.list',
    'aiplatform.endpoints.get',
  ],
  'roles/artifactregistry.reader': ['artifactregistry.repositories.downloadArtifacts'],
  'roles/bigquery.dataViewer': ['bigquery.tables.export', 'bigquery.tables.get', 'bigquery.tables.getData'],
  'roles/bigquery.jobUser': ['bigquery.jobs.create'],
  'roles/iam.serviceAccountUser': ['iam.serviceAccounts.actAs'],
  'roles/logging.logWriter': ['logging.logEntries.create'],
  'roles/monitoring.viewer': ['monitoring.timeSeries.list'],
  'roles/run.developer': ['run.services.get', 'run.services.update'],
  'roles/run.jobsExecutorWithOverrides': [
    'run.jobs.run',
    'run.jobs.runWithOverrides',
    'run.executions.cancel',
  ],
  'roles/run.viewer': ['run.jobs.get', 'run.executions.get', 'run.operations.get'],
  'roles/run.invoker': ['run.jobs.run', 'run.routes.invoke'],
  'roles/storage.objectViewer': ['storage.objects.get', 'storage.objects.list'],
  'roles/storage.objectCreator': ['storage.objects.create'],
  'roles/storage.objectUser': [
    'storage.objects.create',
    'storage.objects.delete',
    'storage.objects.get',
    'storage.objects.list',
    'storage.objects.update',
  ],
  'roles/workflows.viewer': ['workflows.executions.get', 'workflows.executions.list'],
  'roles/workflows.invoker': ['workflows.executions.create', 'workflows.executions.get'],
};
