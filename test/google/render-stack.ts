type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
type Source = Readonly<Record<string, { readonly steps: readonly object[] }>>;

/** Of code, `code/0123456789abcdef/`, and of files that Terraform uploads, `assets/…/0123…CDEF/`. */
const ASSET = /(code\/|assets\/[^/"]+\/)[0-9A-Fa-f]{16,64}/g;

/**
 * A stack as text to compare: a line for each argument, and for each step of a workflow. Hashes of assets
 * are masked, as they change with every edit of the code; digests of models are not.
 */
export function renderStack(text: string): string {
  const { provider, resource, terraform } = JSON.parse(text) as { resource: Resources } & Record<
    string,
    object
  >;
  const seen = new Set<string>();
  const lines = Object.entries(resource).flatMap(([type, resources]) =>
    Object.entries(resources).flatMap(([id, values]) => [
      `${type} ${id}`,
      ...Object.entries(values).flatMap(([name, value]) => renderArgument(name, value, seen)),
    ]),
  );
  return [...renderEntries({ provider, terraform }), ...lines].join('\n').replace(ASSET, '$1<hash>');
}

function renderArgument(name: string, value: unknown, seen: Set<string>): string[] {
  // Where the construct stands in the app.
  if (name === '//') return [];
  return name === 'source_contents' ? renderSource(String(value), seen) : renderEntries({ [name]: value });
}

function renderEntries(entries: object): string[] {
  return Object.entries(entries).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
}

/** Workflows have subworkflows in common: what was rendered before is only named. */
function renderSource(source: string, seen: Set<string>): string[] {
  const subworkflows = JSON.parse(source.replace(/([$%])\1\{/g, '$1{')) as Source;
  return Object.entries(subworkflows).flatMap(([name, { steps, ...rest }]) => {
    const lines = [
      ...renderEntries({ [name]: rest }),
      ...steps.flatMap(renderEntries).map((line) => `  ${line}`),
    ];
    const text = lines.join('\n');
    if (seen.has(text)) return [`  ${name}: as above`];
    seen.add(text);
    return lines;
  });
}
