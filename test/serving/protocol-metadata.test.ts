import { readSignature } from '../../lib/artifact';
import { protocolMetadataIssues } from '../../lib/serving';
import { SPAM_FILTER } from '../artifact/support';
import { start, type Running } from './support';

const signature = readSignature(`${SPAM_FILTER}/signature.json`);
const messages = (metadata: unknown) =>
  protocolMetadataIssues(metadata, signature, '/v2/models/spam-filter').map(({ message }) => message);

describe('metadata of a served model', () => {
  let running: Running;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running.server.close());

  test('agrees with its signature', async () => {
    const response = await fetch(`${running.url}/v2/models/spam-filter`);
    expect(messages(await response.json())).toEqual([]);
  });
});

test('names what differs', () => {
  const metadata = {
    inputs: [{ name: 'tokens', datatype: 'INT64', shape: [1, 256] }, { name: 'mask' }],
    outputs: [],
  };
  expect(messages(metadata)).toEqual([
    'input "tokens" is INT64 [1, 256], by the signature INT64 [-1, 256]',
    'has the input "mask", which the signature does not have',
    'has no output "probability"',
  ]);
  expect(messages({ inputs: [{ name: 'tokens' }] })).toEqual([
    'input "tokens" is undefined [], by the signature INT64 [-1, 256]',
    'tells no outputs',
  ]);
  expect(messages('not found')).toEqual(['tells no inputs', 'tells no outputs']);
});
