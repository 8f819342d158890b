import { issue, throwIssues } from './issue';

/**
 * Peers that an entry point needs, and users of the others need not install.
 *
 * @throws IssueError with the command that installs what is missing
 */
export function requirePeers(entry: string, peers: readonly string[]): void {
  const missing = peers.filter((name) => {
    try {
      require.resolve(name);
      return false;
    } catch {
      return true;
    }
  });
  throwIssues(
    entry,
    missing.map((name) =>
      issue('missing-peer', name, 'is not installed', `Install it: npm install ${missing.join(' ')}`),
    ),
  );
}
