/** https://docs.cloud.google.com/iam/quotas: logical operators of one condition. */
const MAX_OPERATORS = 12;

/** Listing is a permission on the bucket: names may be seen, contents of the prefixes alone. */
const LISTING = 'resource.type == "storage.googleapis.com/Bucket"';

interface Term {
  readonly expression: string;
  readonly operators: number;
}

export interface StorePrefixes {
  readonly bucketName: string;
  /** Each ends with `/`, or names one object; one `*` stands for any run. */
  readonly prefixes: readonly string[];
  /** Whether the empty objects that stand for directories are allowed on the way to a prefix. */
  readonly directories: boolean;
}

/**
 * Conditions of IAM that hold for the objects under the prefixes and no others, as few as its limits
 * allow. A mounted bucket keeps directories as empty objects whose names end with `/`; whoever writes below
 * them must be allowed to make and see those.
 *
 * `*` is one segment: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference#extract takes
 * what lies between two texts, so the segment after the first must be all that lies before the second.
 */
export function storeConditions({ bucketName, prefixes, directories }: StorePrefixes): string[] {
  const object = (path: string) => `projects/_/buckets/${bucketName}/objects/${path}`;
  const fixed = prefixes.filter((prefix) => !prefix.includes('*'));
  const perRun = prefixes.filter((prefix) => prefix.includes('*'));
  const befores = [...new Set(perRun.map((prefix) => prefix.slice(0, prefix.indexOf('*'))))];
  const roots = directories ? new Set(prefixes.filter(isDeep).map(rootOf)) : [];
  const terms = [
    ...fixed.map((prefix) => fixedTerm(object(prefix))),
    ...befores.flatMap((before) =>
      runTerms(
        object(before),
        perRun.filter((prefix) => prefix.startsWith(`${before}*`)),
      ),
    ),
    ...[...roots].map((root) => ({
      expression: `(${startsWith(object(root))} && resource.name.endsWith("/"))`,
      operators: 2,
    })),
  ];
  return pack(terms);
}

function fixedTerm(name: string): Term {
  return {
    expression: name.endsWith('/') ? startsWith(name) : `resource.name == "${name}"`,
    operators: 1,
  };
}

/** `before` and the run, then one of the rests. */
function runTerms(before: string, prefixes: readonly string[]): Term[] {
  const run = `resource.name.extract("${before}{run}/")`;
  const rests = prefixes.map((prefix) => prefix.slice(prefix.indexOf('*') + 1));
  if (rests.includes('/')) {
    return [{ expression: `(${startsWith(before)} && ${run} != "")`, operators: 2 }];
  }
  return chunks(rests, MAX_OPERATORS - 3).map((some) => {
    const equal = some.map((rest) => `resource.name.extract("${before}{run}${rest}") == ${run}`);
    const any = equal.length === 1 ? equal.join('') : `(${equal.join(' || ')})`;
    return {
      expression: `(${startsWith(before)} && ${run} != "" && ${any})`,
      operators: 2 + some.length,
    };
  });
}

function startsWith(name: string): string {
  return `resource.name.startsWith("${name}")`;
}

/** As many terms in a condition as the operators allow. */
function pack(terms: readonly Term[]): string[] {
  const packed: { expressions: string[]; operators: number }[] = [];
  for (const { expression, operators } of terms) {
    const last = packed.at(-1);
    if (last && last.operators + operators <= MAX_OPERATORS) {
      last.expressions.push(expression);
      last.operators += operators;
    } else packed.push({ expressions: [LISTING, expression], operators });
  }
  return packed.map(({ expressions }) => expressions.join(' || '));
}

/** There are directories above the prefix beside its root. */
function isDeep(prefix: string): boolean {
  return prefix.replace(/\/$/, '').includes('/');
}

function rootOf(prefix: string): string {
  return prefix.slice(0, prefix.indexOf('/') + 1);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
