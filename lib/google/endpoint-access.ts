import { type Issue, issue } from '../issue';

/** How requests reach an endpoint of Vertex AI. */
export type EndpointAccess =
  /** By Vertex AI's own host name, which all endpoints of the region share: 1.5 MB and 60 s at most. */
  | { readonly kind: 'shared' }
  /** By a host name of its own: 10 MB and an hour at most, streaming; not within VPC Service Controls. */
  | { readonly kind: 'dedicated' }
  /** From networks of these projects only, by Private Service Connect: as `dedicated`, and within a perimeter. */
  | { readonly kind: 'private-service-connect'; readonly projects: readonly string[] }
  /** From one network that is peered with Google's: `projects/<number>/global/networks/<name>`. */
  | { readonly kind: 'peering'; readonly network: string };

export function checkAccess(access: EndpointAccess, path: string): Issue[] {
  switch (access.kind) {
    case 'private-service-connect':
      return access.projects.length > 0
        ? []
        : [issue('access-projects', `${path}.projects`, 'is empty: nobody could connect', 'Name a project.')];
    case 'peering':
      return /^projects\/\d+\/global\/networks\/[a-z][a-z0-9-]*$/.test(access.network)
        ? []
        : [
            issue(
              'network-invalid',
              `${path}.network`,
              `is "${access.network}"`,
              'Give its full name: projects/<number>/global/networks/<name>.',
            ),
          ];
    case 'shared':
    case 'dedicated':
      return [];
  }
}

/** Arguments of google_vertex_ai_endpoint. */
export function renderAccess(access: EndpointAccess) {
  switch (access.kind) {
    case 'shared':
      return { dedicatedEndpointEnabled: false };
    case 'dedicated':
      return { dedicatedEndpointEnabled: true };
    case 'private-service-connect':
      return {
        privateServiceConnectConfig: {
          enablePrivateServiceConnect: true,
          projectAllowlist: [...access.projects],
        },
      };
    case 'peering':
      return { network: access.network };
  }
}
