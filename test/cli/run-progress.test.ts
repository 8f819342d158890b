import { createProgress } from '../../lib/cli/run-progress';
import { compile } from '../../lib/pipeline';
import type { RunEvent } from '../../lib/local';
import { minimal } from '../pipeline/definitions';

const plan = compile(minimal);
const [, step] = plan.steps;
if (step?.id !== 'train') throw new Error('the second step is train');

const EVENTS: readonly RunEvent[] = [
  { type: 'run-started', run: '0001', directory: '/store/runs/0001', plan },
  { type: 'step-started', step },
  { type: 'step-progress', step, message: 'epoch 1/2' },
  { type: 'step-finished', step, seconds: 12.34, detail: 'loss 0.1' },
  { type: 'step-reused', step, from: '0001', detail: 'loss 0.1' },
  { type: 'step-failed', step, cause: 'train.py:2: ValueError', log: '/store/train.log' },
];

function written(isTTY: boolean, color: boolean): string {
  let text = '';
  const progress = createProgress({ isTTY, write: (part: string) => (text += part) }, color);
  for (const event of EVENTS) progress(event);
  return text;
}

test('without a terminal every event is a plain line', () => {
  expect(written(false, false)).toBe(
    [
      'run 0001 of digits in /store/runs/0001',
      '  … train         ',
      '  … train           epoch 1/2',
      '  ✓ train            12.3 s  loss 0.1',
      '  = train           reused from run 0001  loss 0.1',
      '  ✗ train           train.py:2: ValueError',
      '    log: /store/train.log',
      '',
    ].join('\n'),
  );
});

test('on a terminal what passes is overwritten', () => {
  const lines = written(true, false).split('\n');
  expect(lines[1]).toBe(
    '\r\u001b[K  … train         \r\u001b[K  … train           epoch 1/2\r\u001b[K  ✓ train            12.3 s  loss 0.1',
  );
});

test('signs are coloured only where colour is wanted', () => {
  expect(written(true, true)).toContain('\u001b[32m✓\u001b[0m train');
  expect(written(true, false)).not.toContain('\u001b[32m');
});
