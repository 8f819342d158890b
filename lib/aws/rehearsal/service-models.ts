import { createRequire } from 'node:module';
import { schemaErrors } from './sdk-schema';

const load = createRequire(__filename);

/** The SDK's package that knows a service of state machines, where it is not of the same name. */
const PACKAGES: Readonly<Record<string, string>> = {
  applicationautoscaling: 'application-auto-scaling',
};

/** Parameters that Step Functions takes itself, or encodes before the service sees them. */
const ENCODED: Readonly<Record<string, readonly string[]>> = { lambda: ['Payload'], s3: ['Body'] };

/** Services whose parameters begin with a small letter; state machines write all with a capital. */
const SMALL_LETTERS = ['sfn'];

/** The SDK's clients, as far as they are installed. */
export class ServiceModels {
  /** Services whose calls nobody checked, as their client is not installed. */
  readonly unchecked = new Set<string>();

  /** What is wrong with the parameters of a task, by the SDK's model of its service. */
  check(task: string, parameters: Readonly<Record<string, unknown>>): string[] {
    const [service = '', call = ''] = task.split(':');
    const schema = this.schemaOf(service, call.replace(/\..*/, ''));
    if (schema === undefined) return [];
    const encoded = ENCODED[service] ?? [];
    const plain = Object.entries(parameters).map(([name, value]) => [
      SMALL_LETTERS.includes(service) ? name.charAt(0).toLowerCase() + name.slice(1) : name,
      encoded.includes(name) ? '' : value,
    ]);
    return schemaErrors(schema, Object.fromEntries(plain), task);
  }

  private schemaOf(service: string, call: string): unknown {
    const name = call.charAt(0).toUpperCase() + call.slice(1);
    const schemas = this.load(service);
    if (schemas === undefined) return undefined;
    const schema =
      schemas[`${name}Request$`] ??
      schemas[`${name}Input$`] ??
      (service === 'lambda' ? schemas.InvocationRequest$ : undefined);
    if (schema === undefined) throw new Error(`${service} has no ${name}`);
    return schema;
  }

  private load(service: string): Record<string, unknown> | undefined {
    const client = `@aws-sdk/client-${PACKAGES[service] ?? service}`;
    try {
      return load(client) as Record<string, unknown>;
    } catch {
      this.unchecked.add(client);
      return undefined;
    }
  }
}
