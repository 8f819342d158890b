import { issue, IssueError } from '../issue';

const ACCOUNT = '/computeMetadata/v1/instance/service-accounts/default';
const TIMEOUT_MS = 30_000;

/** An OAuth token of the service account that this runs as, on Google Cloud. */
export async function accessToken(): Promise<string> {
  const { access_token } = JSON.parse(await ask(`${ACCOUNT}/token`)) as { access_token: string };
  return access_token;
}

/**
 * A token that says to one service who calls it.
 *
 * @param audience the service's URL: `https://….run.app`
 */
export function identityToken(audience: string): Promise<string> {
  return ask(`${ACCOUNT}/identity?audience=${encodeURIComponent(audience)}`);
}

/** Asks the metadata server, by the name that Google's own libraries take from the same variable. */
async function ask(path: string): Promise<string> {
  const host = process.env.GCE_METADATA_HOST ?? 'metadata.google.internal';
  const fail = (why: string, cause?: unknown) => {
    const message = `gave no token: ${why}`;
    const fix = 'run this on Google Cloud, as a service account';
    return new IssueError('credentials', [issue('metadata-server', host, message, fix)], { cause });
  };
  const response = await fetch(`http://${host}${path}`, {
    headers: { 'metadata-flavor': 'Google' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw fail('it cannot be reached', error);
  });
  const text = await response.text();
  if (!response.ok) throw fail(`it answered ${response.status}: ${text.slice(0, 200)}`);
  return text;
}
