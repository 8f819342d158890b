export { schemaErrors } from '../../lib/aws/rehearsal/sdk-schema';
