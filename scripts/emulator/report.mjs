import { readFile } from 'node:fs/promises';
import { printTable, warn } from './terminal.mjs';

/** Lines of the emulator's log that every run has. */
const USUAL =
  /" \d{3} -$|development server|Running on|CTRL\+C|No Moto CloudFormation support|parse_resource\(|not supported by moto/;

/**
 * Prints what the templates want beside what the emulator has, and says loudly what is not there.
 *
 * @param stacks as `listStacks` gives them
 * @param services as `listServices` gives them
 * @param log the emulator's log
 * @returns type and number of the resources of types that the emulator lacks
 * @throws Error when a resource of a type it has is missing, or a stack or an endpoint is not up
 */
export async function reportDeployment(stacks, services, log) {
  const lines = (await readFile(log, 'utf8')).split('\n');
  const types = countTypes(stacks);
  printTable(
    ['stack', 'status', 'resources'],
    stacks.map(({ name, status, resources }) => [name, status, resources.length]),
  );
  printTable(
    ['type', 'template', 'emulator'],
    types.map(({ type, wanted, existing }) => [type, wanted, existing]),
  );
  printTable(
    ['service', 'has'],
    Object.entries(services).flatMap(([service, names]) =>
      names.map((name, index) => [index === 0 ? service : '', name]),
    ),
  );

  const lacking = new Set(lines.map((line) => /No Moto CloudFormation support for (\S+)/.exec(line)?.[1]));
  const absent = types.filter(({ wanted, existing }) => existing < wanted);
  const missing = absent
    .filter(({ type }) => lacking.has(type))
    .map(({ type, wanted, existing }) => ({ type, count: wanted - existing }));
  if (missing.length > 0) {
    warn('NOT CREATED, since the emulator lacks the type:');
    for (const { type, count } of missing) console.log(`  ${count} ${type}`);
  }
  const warnings = [...new Set(lines.filter((line) => line.trim() !== '' && !USUAL.test(line)))];
  if (warnings.length > 0) warn(`The emulator says:\n${warnings.map((line) => `  ${line}`).join('\n')}`);
  console.log();

  const failures = [
    ...stacks
      .filter(({ status }) => status !== 'CREATE_COMPLETE')
      .map(({ name, status }) => `stack ${name} is ${status}`),
    ...absent
      .filter(({ type }) => !lacking.has(type))
      .map(({ type, wanted, existing }) => `the emulator has ${existing} of ${wanted} ${type}`),
    ...services.endpoints
      .filter((endpoint) => !endpoint.includes('InService'))
      .map((endpoint) => `endpoint ${endpoint}`),
  ];
  if (failures.length > 0) throw new Error(failures.join('; '));
  return missing;
}

/** @returns per type how many resources the templates want and how many the emulator has, sorted by type */
function countTypes(stacks) {
  const wanted = countBy(
    stacks.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type)),
  );
  const existing = countBy(
    stacks.flatMap(({ resources }) => resources.map(({ ResourceType }) => ResourceType)),
  );
  return [...wanted.keys()]
    .sort()
    .map((type) => ({ type, wanted: wanted.get(type), existing: existing.get(type) ?? 0 }));
}

function countBy(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
