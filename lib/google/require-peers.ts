import { issue, throwIssues } from '../issue';

/** Peers of this entry point, which a user of the other ones need not install. */
const PEERS = ['@cdktf/provider-google', 'cdktf', 'constructs'];

const missing = PEERS.filter((name) => {
  try {
    require.resolve(`${name}/package.json`);
    return false;
  } catch {
    return true;
  }
});

throwIssues(
  'cdk-model-pipeline/google',
  missing.map((name) =>
    issue('missing-peer', name, 'is not installed', `Install it: npm install ${missing.join(' ')}`),
  ),
);
