import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archiveIssues } from '../archive/archive-issues';
import { count, judged, passed, type Check } from './check';

/** The archive that is deployed with a version unpacks to plain files, and to no more than allowed. */
export const archive: Check = {
  id: 'archive',
  title: 'The archive beside the model is safe to unpack',
  after: [],
  blocksExecution: true,
  run: async ({ file }) => {
    const packed = join(dirname(file), 'model.tar.gz');
    if (!existsSync(packed)) return passed('there is none beside the model');
    const findings = await archiveIssues(packed);
    return judged(findings, count(findings.length, 'problem'), 'plain files of relative paths');
  },
};
