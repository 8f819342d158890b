import type { Json } from '../../pipeline/definition';

/** A measurement as JSON has it: numbers that are not finite become null. */
export function asJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
