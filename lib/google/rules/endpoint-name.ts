import { literalOf } from './properties';
import { COMPLIANT, nonCompliant, NOT_APPLICABLE, type Rule } from './rule';

export const endpointName: Rule = {
  id: 'endpoint-name',
  level: 'error',
  cause: 'Vertex AI names endpoints by numbers, and refuses any other name.',
  fix: 'Choose at most ten digits, the first no zero; display_name is for people.',
  check({ properties, type }) {
    const name = literalOf(properties.name);
    if (type !== 'google_vertex_ai_endpoint' || name === undefined) return NOT_APPLICABLE;
    return /^[1-9]\d{0,9}$/.test(name) ? COMPLIANT : nonCompliant(`the name is "${name}"`);
  },
};
