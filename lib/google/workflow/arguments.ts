import type { IArtifactStore } from '../artifact-store';
import type { StoreLocations } from '../store-location';
import { literal, value } from './expression';

interface Directories {
  readonly inputs: StoreLocations;
  readonly outputs: StoreLocations;
}

/** Arguments that tell a program its directories: `--input data=/gcs/…`, as expressions of the workflow. */
export function storeArguments(store: IArtifactStore, { inputs, outputs }: Directories): string[] {
  const render = (option: string, locations: StoreLocations) =>
    Object.entries(locations).flatMap(([name, { path }]) => [
      option,
      value(`${literal(`${name}=${store.mountPath('')}`)} + ${path}`),
    ]);
  return [...render('--input', inputs), ...render('--output', outputs)];
}
