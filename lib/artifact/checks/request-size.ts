import { requestSizeIssues, type ServiceName } from '../contract/request-size';
import { judged, skipped, type Check } from './check';

/** A check that the service which will pass requests on to the model takes ones of the declared size. */
export function requestSize(service: ServiceName): Check {
  return {
    id: 'request-size',
    title: `Requests fit through ${service}`,
    after: ['signature'],
    run: (subject) => {
      const [signature] = subject.signatures();
      if (!signature) return skipped('no signature was declared');
      return judged(requestSizeIssues(signature, service), 'requests are too large', `${service} takes them`);
    },
  };
}
