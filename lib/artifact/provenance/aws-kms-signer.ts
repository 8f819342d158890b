import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { hashOf, keyError, type SigningHash } from './keys';
import type { Signer } from './signer';

const ALGORITHMS = {
  sha256: 'ECDSA_SHA_256',
  sha384: 'ECDSA_SHA_384',
  sha512: 'ECDSA_SHA_512',
} as const satisfies Record<SigningHash, string>;

/** The calls that signing needs; `new KMS()` of `@aws-sdk/client-kms` has them. */
export interface AwsKmsClient {
  getPublicKey(input: { KeyId: string }): Promise<{ PublicKey?: Uint8Array }>;
  sign(input: {
    KeyId: string;
    Message: Uint8Array;
    MessageType: 'DIGEST';
    SigningAlgorithm: (typeof ALGORITHMS)[SigningHash];
  }): Promise<{ Signature?: Uint8Array }>;
}

/**
 * Signs with an asymmetric key of AWS KMS: `SIGN_VERIFY`, `ECC_NIST_P256`, `P384` or `P521`. Needs
 * `kms:GetPublicKey` and `kms:Sign`.
 *
 * @param keyId id, ARN or alias of the key
 */
export function awsKmsSigner(client: AwsKmsClient, keyId: string): Signer {
  let known: Promise<KeyObject> | undefined;
  const publicKey = () => (known ??= fetchPublicKey(client, keyId));
  return {
    publicKey,
    sign: async (bytes) => {
      const hash = hashOf(await publicKey());
      const { Signature } = await client.sign({
        KeyId: keyId,
        Message: createHash(hash).update(bytes).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: ALGORITHMS[hash],
      });
      if (!Signature) throw keyError(`${keyId} gave no signature`);
      return Signature;
    },
  };
}

async function fetchPublicKey(client: AwsKmsClient, keyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.getPublicKey({ KeyId: keyId });
  if (!PublicKey) throw keyError(`${keyId} has no public half`);
  return createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
}
