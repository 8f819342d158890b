import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerificationReport } from '../../lib/artifact';
import { CHECKS } from '../../lib/artifact/checks';
import { verify } from '../../lib/program';
import { packageOf, SPAM_FILTER } from '../artifact/support';
import { output, verifyRequest } from './support';

jest.setTimeout(30_000);

function reportOf(request: ReturnType<typeof verifyRequest>): VerificationReport {
  return JSON.parse(
    readFileSync(join(output(request, 'report'), 'verification.json'), 'utf8'),
  ) as VerificationReport;
}

test('writes the report and measures', async () => {
  const request = verifyRequest(SPAM_FILTER);
  const metrics = await verify(request);
  expect(metrics).toMatchObject({ checks_passed: CHECKS.length - 1, checks_skipped: 1 });
  expect(metrics.latency_p50_ms).toBeGreaterThan(0);
  expect(reportOf(request).verdict).toBe('passed');
});

test('fails with the findings, and writes the report all the same', async () => {
  const request = verifyRequest(packageOf('identity', { samples: [{ x: [1, 2], y: [1, 3] }] }));
  const failure = verify(request);
  await expect(failure).rejects.toThrow('has no input "tokens", only "x" [signature]');
  await expect(failure).rejects.toThrow('an absolute tolerance of 1 would pass [golden-tensors]');
  expect(reportOf(request).verdict).toBe('failed');
});

test('a package that could not be checked for its answers fails as well', async () => {
  const request = {
    ...verifyRequest(packageOf('identity')),
    parameters: {
      signature: {
        inputs: { x: { dtype: 'float32', shape: ['batch', 2] } },
        outputs: { y: { dtype: 'float32', shape: ['batch', 2] } },
      },
    },
  };
  await expect(verify(request)).rejects.toThrow('check "golden-tensors" was not run [report-incomplete]');
  expect(reportOf(request).verdict).toBe('passed');
});
