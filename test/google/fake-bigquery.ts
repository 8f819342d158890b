import type { FakeStore, Guard } from '../../lib/google/rehearsal/fake-store';
import { WorkflowError } from '../../lib/google/rehearsal/workflow-error';

/** A row of the table that Vertex AI logs to. */
export interface LoggedRow {
  /** Hours before the query. */
  readonly hoursAgo: number;
  readonly request: readonly unknown[];
  readonly response: readonly unknown[];
}

const NOW = Date.parse('2026-11-23T12:00:00Z');

const EXPORT =
  /^EXPORT DATA OPTIONS \(uri = 'gs:\/\/([^/]+)\/([^']+\/)\*\.jsonl', format = 'JSON'\) AS SELECT FORMAT_TIMESTAMP\('%FT%H:%M:%E6SZ', logging_time\) AS time, request_payload, response_payload FROM `([^`]+)` WHERE logging_time > TIMESTAMP_SUB\(CURRENT_TIMESTAMP\(\), INTERVAL (\d+) HOUR\)$/;

/** One table of BigQuery, and the one statement that checks for drift send. */
export class FakeBigquery {
  /** Absent before the first request. */
  rows: readonly LoggedRow[] | undefined;
  /** Ids of the jobs that were started. */
  readonly jobs: string[] = [];
  fails = false;

  /** @param table `<project>.<dataset>.<table>` */
  constructor(
    private readonly table: string,
    private readonly region: string,
    private readonly store: FakeStore,
  ) {}

  readonly answer = (method: string, args: Readonly<Record<string, unknown>>, guard: Guard): unknown => {
    const [project = '', dataset = ''] = this.table.split('.');
    const scope = `dataset:${dataset}`;
    if (method === 'bigquery.v2.tables.get') {
      guard('bigquery.tables.get', { scope });
      if ([args.projectId, args.datasetId, args.tableId].join('.') !== this.table || this.rows === undefined)
        throw WorkflowError.http(404, `Not found: Table ${this.table}`);
      return { id: this.table };
    }
    const { configuration, jobReference } = args.body as {
      configuration: { query: { query: string; useLegacySql: boolean } };
      jobReference: { projectId: string; jobId: string; location: string };
    };
    expect([args.projectId, jobReference.projectId, jobReference.location]).toEqual([
      project,
      project,
      this.region,
    ]);
    expect(jobReference.jobId).toMatch(/^[\w-]+$/);
    expect(configuration.query.useLegacySql).toBe(false);
    guard('bigquery.tables.getData', { scope });
    guard('bigquery.tables.export', { scope });
    this.jobs.push(jobReference.jobId);
    const [, bucket, prefix = '', table, hours] = EXPORT.exec(configuration.query.query) ?? [];
    expect([bucket, table]).toEqual([this.store.bucketName, this.table]);
    if (this.fails) throw new WorkflowError({ message: 'Resources exceeded', tags: ['OperationError'] });
    this.export(prefix, Number(hours), guard);
    return { status: { state: 'DONE' } };
  };

  private export(prefix: string, hours: number, guard: Guard): void {
    const lines = (this.rows ?? [])
      .filter(({ hoursAgo }) => hoursAgo < hours)
      .map(({ hoursAgo, request, response }) => {
        const time = new Date(NOW - hoursAgo * 3_600_000).toISOString().replace('Z', '000Z');
        const texts = (parts: readonly unknown[]) => parts.map((part) => JSON.stringify(part));
        const row = { time, request_payload: texts(request), response_payload: texts(response) };
        return `${JSON.stringify(row)}\n`;
      });
    // A query without rows writes nothing.
    if (lines.length === 0) return;
    const name = `projects/_/buckets/${this.store.bucketName}/objects/${prefix}000000000000.jsonl`;
    const target = { scope: `bucket:${this.store.bucketName}`, type: 'storage.googleapis.com/Object', name };
    guard('storage.objects.create', target);
    guard('storage.objects.delete', target);
    this.store.put(`${prefix}000000000000.jsonl`, lines.join(''));
  }
}
