import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An import, as tsc writes it. */
const IMPORT = /^(?:const|var) (\w+_\d+) = (require\("[^"]+"\));$/gm;

/**
 * Has every module below a directory load what it imports when it is first used: whoever makes one construct
 * does not wait for the classes of all others.
 */
export async function loadLazily(directory) {
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.js'));
  await Promise.all(
    files.map(async (name) => {
      const file = join(directory, name);
      await writeFile(file, lazyImports(await readFile(file, 'utf8')));
    }),
  );
}

/**
 * An import becomes an object whose properties load the module, and replace themselves by what they find.
 * Everything else stays as it is: lines, as the source map has them, and exports, as `import` looks for them.
 */
export function lazyImports(source) {
  return source.replace(IMPORT, (declaration, name, load) => {
    const uses = [...source.matchAll(new RegExp(`\\b${name}\\b(?:\\.(\\w+))?`, 'g'))].slice(1);
    const properties = [...new Set(uses.map(([, property]) => property))];
    if (properties.includes(undefined)) return declaration;
    const getters = properties.map(
      (property) =>
        `get ${property}() { delete this.${property}; return this.${property} = ${load}.${property}; }`,
    );
    return `const ${name} = { ${getters.join(', ')} };`;
  });
}

if (process.argv[1] === import.meta.filename) await loadLazily(process.argv[2]);
