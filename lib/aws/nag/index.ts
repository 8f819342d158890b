export { acknowledgeFindings } from './acknowledge-findings';
