import { join } from 'node:path';
import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { VerifiedArtifact } from '../../lib/artifact/verified-artifact';
import { ArtifactStore } from '../../lib/google/artifact-store';
import { ContainerImage } from '../../lib/google/container-image';
import type { Project } from '../../lib/google/project';

export const PROJECT: Project = { id: 'my-project', number: '123456789012', region: 'europe-west4' };

export const SERVER = ContainerImage.fromArtifactRegistry({
  ...{ project: PROJECT.id, location: PROJECT.region, repository: 'images', image: 'serving', tag: '1.0.0' },
});

const VERSIONS = join(__dirname, '..', 'fixtures', 'versions');
export const ARTIFACT = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter'));
export const CHANGED = VerifiedArtifact.fromDirectory(join(VERSIONS, 'spam-filter-changed'));

export const PERFORMANCE = {
  latencyP99Ms: { warning: 100, critical: 250 },
  errorPercent: { critical: 1 },
};

export interface TestStack {
  readonly app: App;
  readonly stack: TerraformStack;
  readonly store: ArtifactStore;
}

/** A stack with a provider and a store. */
export function createStack(outdir?: string): TestStack {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, 'test');
  new GoogleProvider(stack, 'google', { project: PROJECT.id, region: PROJECT.region });
  return { app, stack, store: new ArtifactStore(stack, 'Store', { project: PROJECT }) };
}

export type Resource = Readonly<Record<string, unknown>>;

/** The resources of one type, as Terraform gets them. */
export function resourcesOf(stack: TerraformStack, type: string): Resource[] {
  const { resource = {} } = stack.toTerraform() as {
    resource?: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  };
  return Object.values(resource[type] ?? {});
}

/** The only resource of a type. */
export function resourceOf(stack: TerraformStack, type: string): Resource {
  const [resource, ...others] = resourcesOf(stack, type);
  if (resource === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return resource;
}
