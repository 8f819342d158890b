import type { Target } from './policies';

/** How an endpoint takes a change. */
export type EndpointConduct = 'obeys' | 'fails' | 'turns-back';

/** Who answers a request, and what its sender must be allowed. */
export interface Answering {
  /** `gs://…/` of the version; absent where none of the pipeline's does. */
  readonly uri?: string;
  readonly permission: string;
  readonly target: Target;
}

/** What versions are released to. */
export interface FakeEndpoint {
  conduct: EndpointConduct;
  /** `gs://…/` of the version that gets the traffic. */
  servedUri(): string | undefined;
  /** `gs://…/` of the version that was deployed last. */
  deployedUri(): string | undefined;
  /** @throws Error where the address is not the endpoint's */
  answering(url: string): Answering;
  /** Takes everything off the endpoint, as if someone had. */
  clear(): void;
  /** What keeps Terraform from destroying it. */
  holding(): string | undefined;
}
