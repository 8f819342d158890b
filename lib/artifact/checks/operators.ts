import { count, judged, type Check } from './check';

/** Domains whose operators are part of every onnxruntime build this library serves with. */
const ALLOWED_DOMAINS = ['ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/** Every operator is of an allowed domain, or a function the model itself defines. */
export const operators: Check = {
  id: 'operators',
  title: 'Every operator is one the serving runtime has',
  after: ['model'],
  run: (subject) => {
    const info = subject.model();
    const own = new Set(info.functions);
    const foreign = info.operators.filter(
      ({ domain, name }) => !ALLOWED_DOMAINS.includes(domain) && !own.has(`${domain}::${name}`),
    );
    const findings = foreign.map(({ domain, name, count: times }) => ({
      code: 'operator-domain',
      path: info.file,
      message: `uses ${name} of domain "${domain}" ${count(times, 'time')}; allowed: ${ALLOWED_DOMAINS.join(', ')}`,
      fix: 'export the model with standard operators; an optimised file tied to one machine has others',
    }));
    const total = info.operators.reduce((sum, { count: times }) => sum + times, 0);
    const kinds = count(info.operators.length, 'kind');
    return judged(findings, `${count(foreign.length, 'operator')} not allowed`, `${total} nodes of ${kinds}`);
  },
};
