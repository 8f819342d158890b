import { createRequire } from 'node:module';
import { issue, throwIssues } from '../issue';

const { resolve } = createRequire(__filename);

/**
 * Makes sure that packages are installed which only one part of this library needs.
 *
 * @param part that needs them, for the message
 * @throws IssueError that names the command which installs all that are missing
 */
export function requirePackages(part: string, names: readonly string[]): void {
  const missing = names.filter((name) => {
    try {
      resolve(name);
      return false;
    } catch {
      return true;
    }
  });
  const fix = `Install it: npm install --save-dev ${missing.join(' ')}`;
  throwIssues(
    part,
    missing.map((name) => issue('missing-peer', name, 'is not installed', fix)),
  );
}
