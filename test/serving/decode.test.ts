import fc from 'fast-check';
import { Preprocessing, readSignature } from '../../lib/artifact';
import { join } from 'node:path';
import { decodeRequest } from '../../lib/serving/decode';
import { HttpError } from '../../lib/serving/http-error';
import type { ModelContract } from '../../lib/serving/inference';
import { SPAM_FILTER, tokens } from './support';

const CONTRACT: ModelContract = {
  name: 'spam-filter',
  version: '8bf4fa2c2110',
  signature: readSignature(join(SPAM_FILTER, 'signature.json')),
  preprocessing: Preprocessing.load(join(SPAM_FILTER, 'preprocessing')),
};

/** `true` where the body is decoded or refused with a reason, as every body has to be. */
function decodes(body: Buffer, jsonBytes = body.length): boolean {
  try {
    return decodeRequest(body, { jsonBytes }, CONTRACT).batch >= 1;
  } catch (error) {
    return error instanceof HttpError && error.status === 400 && error.issues.length > 0;
  }
}

describe('decodeRequest', () => {
  it('decodes or refuses any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (raw, cut) =>
        decodes(Buffer.from(raw), cut),
      ),
    );
  });

  it('decodes or refuses any JSON in the place of what it wants', () => {
    const valid = { id: 'a', inputs: [tokens(1)], outputs: [{ name: 'probability' }], parameters: {} };
    const places = fc.constantFrom('id', 'inputs', 'outputs', 'parameters', 'instances');
    const inInput = fc.constantFrom('name', 'shape', 'datatype', 'data', 'parameters');
    fc.assert(
      fc.property(places, inInput, fc.jsonValue(), (place, part, json) => {
        const outside = Buffer.from(JSON.stringify({ ...valid, [place]: json }));
        const inside = Buffer.from(JSON.stringify({ ...valid, inputs: [{ ...tokens(1), [part]: json }] }));
        return decodes(outside) && decodes(inside);
      }),
    );
  });

  it('takes names that every object has for names of inputs no more than others', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = Buffer.from(JSON.stringify({ inputs: [{ ...tokens(1), name }] }));
      expect(() => decodeRequest(body, { jsonBytes: body.length }, CONTRACT)).toThrow(
        `inputs[0].name: expected one of "tokens", got "${name}"`,
      );
    }
  });
});
