import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * The licence of every package that files belong to, one after the other, sorted by name; empty for none.
 *
 * @param files paths relative to `root`; those outside `node_modules` are the project's own
 */
export async function licenseTexts(root, files) {
  const directories = new Set(files.map((file) => PACKAGE.exec(file)?.[0]).filter(Boolean));
  const texts = await Promise.all(
    [...directories].sort().map((directory) => licenseText(join(root, directory))),
  );
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenseText(directory) {
  const { name, version, license, repository } = JSON.parse(
    await readFile(join(directory, 'package.json'), 'utf8'),
  );
  const home = repository?.url ?? repository ?? '';
  const files = (await readdir(directory)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  return [`${name} ${version} (${license}) ${home}`.trim(), ...texts.map((text) => text.trim()), ''].join(
    '\n\n',
  );
}
