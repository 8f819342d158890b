import { createWriteStream, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { issue, IssueError } from '../issue';

/** Where objects are read, and who reads them: the same variables as Google's client libraries take. */
export interface CloudStorageAccess {
  /** `STORAGE_EMULATOR_HOST`: a server that asks for no token. @default "https://storage.googleapis.com" */
  readonly storageHost?: string;
  /** `GCE_METADATA_HOST`: tells the token of the machine's service account. @default "metadata.google.internal" */
  readonly metadataHost?: string;
}

interface Page {
  readonly items?: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}

const PARALLEL = 4;

/**
 * Copies a directory of Cloud Storage, `gs://bucket/path`, to this machine: Vertex AI tells a container where
 * its model is, and leaves the fetching to it.
 *
 * @returns the new directory
 * @throws IssueError when there is nothing, or it may not be read
 */
export async function fetchModel(uri: string, access: CloudStorageAccess = {}): Promise<string> {
  const [, bucket = '', path = ''] = /^gs:\/\/([a-z0-9][a-z0-9._-]+)\/?(.*)$/.exec(uri) ?? [];
  if (bucket === '') throw failure(uri, 'is no address of Cloud Storage', 'give gs://<bucket>/<path>');
  const prefix = path === '' || path.endsWith('/') ? path : `${path}/`;
  const { storageHost = 'https://storage.googleapis.com' } = access;
  const objects = `${storageHost}/storage/v1/b/${bucket}/o`;
  const headers = await authorize(access);
  const names = await list(uri, objects, prefix, headers);
  if (names.length === 0) throw failure(uri, 'holds no files', 'correct the artifact URI of the model');
  const directory = mkdtempSync(join(tmpdir(), 'model-'));
  const rest = names.map((name) => [name, target(uri, directory, name.slice(prefix.length))] as const);
  const download = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const [name, file] = next;
      const response = await get(uri, `${objects}/${encodeURIComponent(name)}?alt=media`, headers);
      mkdirSync(dirname(file), { recursive: true });
      await pipeline(Readable.fromWeb(response.body as never), createWriteStream(file));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, download));
  return directory;
}

async function authorize({ metadataHost, storageHost }: CloudStorageAccess): Promise<Record<string, string>> {
  if (storageHost !== undefined && metadataHost === undefined) return {};
  const account = 'computeMetadata/v1/instance/service-accounts/default/token';
  const url = `http://${metadataHost ?? 'metadata.google.internal'}/${account}`;
  const response = await get(url, url, { 'metadata-flavor': 'Google' });
  const { access_token } = (await response.json()) as { access_token: string };
  return { authorization: `Bearer ${access_token}` };
}

async function list(
  uri: string,
  objects: string,
  prefix: string,
  headers: Record<string, string>,
): Promise<string[]> {
  const names: string[] = [];
  let pageToken: string | undefined;
  do {
    const query = new URLSearchParams({ prefix, ...(pageToken !== undefined && { pageToken }) });
    const response = await get(uri, `${objects}?${query.toString()}`, headers);
    const page = (await response.json()) as Page;
    // An object that ends with a slash stands for an empty folder.
    names.push(...(page.items ?? []).map(({ name }) => name).filter((name) => !name.endsWith('/')));
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return names;
}

async function get(subject: string, url: string, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { headers }).catch((error: unknown) => {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw failure(subject, `cannot be reached: ${cause}`, 'check the network of the container');
  });
  if (response.ok) return response;
  const fix = 'check that it exists, and that the service account of the endpoint may read it';
  throw failure(subject, `answers ${response.status} ${response.statusText}`, fix);
}

/** The path of an object below the directory. */
function target(uri: string, directory: string, name: string): string {
  const file = resolve(directory, name);
  if (file.startsWith(directory + sep)) return file;
  throw failure(uri, `has the object "${name}", which leads out of the directory`, 'remove the object');
}

function failure(path: string, message: string, fix: string): IssueError {
  return new IssueError('model', [issue('model-fetch', path, message, fix)]);
}
