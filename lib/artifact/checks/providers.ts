import { providerShare } from '../budget/provider-share';
import type { GoldenSample } from '../golden';
import { asJson } from '../parity/as-json';
import { rounded } from '../parity/numbers';
import { openSession } from '../parity/session/open-session';
import { judged, type Check } from './check';

export interface ProviderOptions {
  /** Name in onnxruntime's Node binding: `"cuda"`, `"tensorrt"`, `"cpu"`. */
  readonly provider: string;
  /** Lowest share of nodes on it, 0 to 1. @default 1 */
  readonly minShare?: number;
  /**
   * A profile that onnxruntime wrote where the model will serve.
   *
   * @default - one is recorded here, with the first golden sample
   */
  readonly profile?: string;
}

/**
 * A check that the wanted execution provider runs the model. onnxruntime itself says nothing when it
 * gives single nodes, or all of them, to the CPU instead.
 */
export function providers({ provider, minShare = 1, profile }: ProviderOptions): Check {
  return {
    id: 'providers',
    title: `It runs on the provider "${provider}"`,
    after: profile === undefined ? ['run'] : ['model'],
    run: async (subject) => {
      subject.demandExecution();
      const feeds = subject.golden()?.samples[0]?.tensors ?? {};
      const share = providerShare(profile ?? (await record(subject.file, provider, feeds)), provider);
      const total = Object.values(share.nodes).reduce((sum, nodes) => sum + nodes, 0);
      const away = share.elsewhere.map(
        ({ operator, nodes, provider: other }) => `${nodes} ${operator} (${other})`,
      );
      const measured = `${rounded(share.wanted * 100)} % of ${total} nodes`;
      const finding = {
        code: 'provider-share',
        path: subject.file,
        message: `only ${measured} run on "${provider}", wanted ${rounded(minShare * 100)} %; elsewhere: ${away.slice(0, 5).join(', ')}`,
        fix: 'install the libraries of the provider, or replace the operators it does not have',
      };
      const findings = share.wanted < minShare ? [finding] : [];
      return judged(
        findings,
        'nodes fall back to another provider',
        `${measured} on "${provider}"`,
        asJson(share),
      );
    },
  };
}

async function record(file: string, provider: string, feeds: GoldenSample['tensors']): Promise<string> {
  const session = await openSession(file, { providers: [provider], profile: true });
  try {
    await session.run(feeds);
    return await session.profile();
  } finally {
    await session.stop();
  }
}
