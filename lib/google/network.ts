import { type Issue, issue } from '../issue';

/** A network of the project's own, for what must not reach the internet or is reached from within only. */
export interface NetworkProps {
  /** `projects/<number>/global/networks/<name>`; Vertex AI asks for the project's number. */
  readonly network: string;
  /** `projects/<id>/regions/<region>/subnetworks/<name>`. */
  readonly subnetwork: string;
}

const PATTERNS: Readonly<Record<keyof NetworkProps, RegExp>> = {
  network: /^projects\/\d+\/global\/networks\/[a-z][a-z0-9-]*$/,
  subnetwork: /^projects\/[^/]+\/regions\/[^/]+\/subnetworks\/[a-z][a-z0-9-]*$/,
};

export function checkNetwork(network: NetworkProps | undefined, path = 'network'): Issue[] {
  if (network === undefined) return [];
  return (Object.keys(PATTERNS) as (keyof NetworkProps)[])
    .filter((key) => !PATTERNS[key].test(network[key]))
    .map((key) =>
      issue(
        'network-invalid',
        `${path}.${key}`,
        `is "${network[key]}"`,
        `Give its full name: ${key === 'network' ? 'projects/<number>/global/networks/<name>' : 'projects/<id>/regions/<region>/subnetworks/<name>'}.`,
      ),
    );
}
