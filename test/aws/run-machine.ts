export { allStates, failure, type Run, runMachine, type Service } from '../../lib/aws/rehearsal/interpreter';
