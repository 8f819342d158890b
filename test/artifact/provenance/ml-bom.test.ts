import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSignature } from '../../../lib/artifact';
import { digestDirectory } from '../../../lib/artifact/manifest';
import { modelBom } from '../../../lib/artifact/provenance/ml-bom';
import { readReport } from '../../../lib/artifact/read-report';
import { SPAM_FILTER } from '../support';

const files = digestDirectory(SPAM_FILTER);
const subject = {
  pipeline: 'spam-filter',
  version: '8bf4fa2c2110',
  files: Object.fromEntries(
    ['golden/samples.json', 'model.onnx', 'signature.json'].map((path) => [
      path,
      files[path] ?? { sha256: '', bytes: 0 },
    ]),
  ),
  signature: readSignature(join(SPAM_FILTER, 'signature.json')),
  report: readReport(join(SPAM_FILTER, 'verification.json')),
  metrics: { accuracy: 0.98, f1: 0.965 },
};

const hash = (path: string) => [{ alg: 'SHA-256', content: files[path]?.sha256 }];

/** This very bill is valid by the official `bom-1.6.schema.json`: see docs/reference/provenance.md. */
test('the bill names the model, what it was measured and tested with, and every other file', () => {
  expect(modelBom(subject)).toEqual({
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: expect.stringMatching(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ) as string,
    version: 1,
    metadata: {
      tools: {
        components: [
          { type: 'application', name: 'cdk-model-pipeline', version: '0.1.0' },
          { type: 'library', name: 'onnxruntime-node', version: '1.30.0' },
        ],
      },
      component: {
        type: 'machine-learning-model',
        'bom-ref': 'model.onnx',
        name: 'spam-filter',
        version: '8bf4fa2c2110',
        hashes: hash('model.onnx'),
        modelCard: {
          modelParameters: {
            datasets: [{ ref: 'golden/samples.json' }],
            inputs: [{ format: 'tokens: int64 [batch, 256]' }],
            outputs: [{ format: 'probability: float32 [batch, 1]' }],
          },
          quantitativeAnalysis: {
            performanceMetrics: [
              { type: 'accuracy', value: '0.98' },
              { type: 'f1', value: '0.965' },
            ],
          },
        },
      },
    },
    components: [
      {
        type: 'data',
        'bom-ref': 'golden/samples.json',
        name: 'golden/samples.json',
        hashes: hash('golden/samples.json'),
        data: [{ type: 'dataset', name: 'golden samples' }],
      },
      {
        type: 'file',
        'bom-ref': 'signature.json',
        name: 'signature.json',
        hashes: hash('signature.json'),
      },
    ],
  });
});

test('the same version makes the same bill, another one another number', () => {
  expect(modelBom(subject)).toEqual(modelBom(subject));
  const numbers = [subject, { ...subject, version: '000000000000' }].map(
    (about) => (modelBom(about) as { serialNumber: string }).serialNumber,
  );
  expect(new Set(numbers).size).toBe(2);
});

test('the fixture is of the version that verified it', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(subject.report.verifier.version).toBe(version);
});
