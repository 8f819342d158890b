import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const publicIngress: Rule = {
  id: 'public-ingress',
  level: 'warning',
  cause: 'A service that the whole internet can reach is protected by the permission to call it alone.',
  fix: 'Set ingress to INGRESS_TRAFFIC_INTERNAL_ONLY, or to INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER.',
  check({ properties: { ingress }, type }) {
    if (type !== 'google_cloud_run_v2_service') return NOT_APPLICABLE;
    return ingress === undefined || ingress === 'INGRESS_TRAFFIC_ALL'
      ? nonCompliant('the service is reached from the internet')
      : COMPLIANT;
  },
};
