/** Schemas of Terraform resources, read from the provider package's own description of its types. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A type of Terraform's: `"string"`, `["list", "string"]`, `"dynamic"` where the package does not tell. */
export type TerraformType =
  'string' | 'number' | 'bool' | 'dynamic' | readonly ['list' | 'map' | 'set', TerraformType];

export interface Attribute {
  readonly name: string;
  readonly type: TerraformType;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  /** What a string may be, where the documentation lists it. */
  readonly values?: readonly string[];
}

export interface NestedBlock {
  readonly name: string;
  readonly block: Block;
  readonly nesting: 'LIST' | 'SET' | 'SINGLE';
  readonly minItems: number;
  /** 0 for any number. */
  readonly maxItems: number;
}

export interface Block {
  readonly attributes: readonly Attribute[];
  readonly blocks: readonly NestedBlock[];
}

interface TypeReference {
  readonly primitive?: string;
  readonly fqn?: string;
  readonly collection?: { readonly kind: 'array' | 'map'; readonly elementtype: TypeReference };
  readonly union?: { readonly types: readonly TypeReference[] };
}

interface Property {
  readonly name: string;
  readonly optional?: boolean;
  readonly static?: boolean;
  readonly type: TypeReference;
  readonly docs?: { readonly remarks?: string; readonly summary?: string };
}

interface Assembly {
  readonly types: Readonly<Record<string, { readonly properties?: readonly Property[] } | undefined>>;
}

const PACKAGE = dirname(require.resolve('@cdktf/provider-google/package.json'));
const OWN = '@cdktf/provider-google.';
const PRIMITIVES: Readonly<Record<string, TerraformType>> = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
};

/** Reads the schemas of these resources, `google_storage_bucket`, and the provider's own. */
export class ProviderPackage {
  private readonly assembly = JSON.parse(readFileSync(join(PACKAGE, '.jsii'), 'utf8')) as Assembly;

  provider(): Block {
    return this.describe('provider', 'GoogleProviderConfig');
  }

  /** @returns nothing for a type the provider does not have */
  resource(type: string): Block | undefined {
    const pascal = type
      .replace(/^google_/, '')
      .split('_')
      .map(capitalize)
      .join('');
    const module = pascal.charAt(0).toLowerCase() + pascal.slice(1);
    if (this.assembly.types[`${OWN}${module}.${pascal}`] === undefined) return undefined;
    const settable = this.describe(module, `${pascal}Config`);
    const names = new Set([...settable.attributes, ...settable.blocks].map(({ name }) => name));
    const computed = (this.assembly.types[`${OWN}${module}.${pascal}`]?.properties ?? [])
      .filter(({ name, static: isStatic }) => !isStatic && !name.endsWith('Input'))
      .map((property) => ({ name: snake(property.name), type: typeOf(property.type), computed: true }))
      .filter(({ name }) => !names.has(name));
    return {
      attributes: [
        ...settable.attributes.map((attribute) =>
          attribute.optional ? { ...attribute, computed: true } : attribute,
        ),
        ...computed,
      ],
      blocks: settable.blocks,
    };
  }

  private describe(module: string, name: string): Block {
    const properties = this.assembly.types[`${OWN}${module}.${name}`]?.properties ?? [];
    const named = properties.map((property) => ({ property, name: terraformName(property) }));
    const isBlock = (property: Property) => structOf(property.type) !== undefined;
    return {
      attributes: named
        .filter(({ property }) => !isBlock(property))
        .map(({ property, name }) => ({
          name,
          type: this.setOrList(module, name, typeOf(property.type)),
          ...(property.optional ? { optional: true } : { required: true }),
          values: possibleValues(property),
        })),
      blocks: named
        .filter(({ property }) => isBlock(property))
        .map(({ property, name }) => this.nested(module, name, property)),
    };
  }

  private nested(module: string, name: string, { type, optional }: Property): NestedBlock {
    const struct = structOf(type);
    if (struct === undefined) throw new Error(`${name} is no block`);
    const single = arrayOf(type) === undefined;
    // Timeouts belong to Terraform: one object, not a list of them.
    const nesting = name === 'timeouts' ? 'SINGLE' : this.isSet(module, name) ? 'SET' : 'LIST';
    return {
      name,
      block: this.describe(module, struct.slice(struct.lastIndexOf('.') + 1)),
      nesting,
      minItems: nesting === 'SINGLE' || optional ? 0 : 1,
      maxItems: nesting !== 'SINGLE' && single ? 1 : 0,
    };
  }

  private setOrList(module: string, name: string, type: TerraformType): TerraformType {
    return Array.isArray(type) && type[0] === 'list' && this.isSet(module, name)
      ? ['set', type[1] as TerraformType]
      : type;
  }

  /** What the order of does not matter is told by the code that writes HCL only. */
  private isSet(module: string, name: string): boolean {
    return new RegExp(`\\b${name}: \\{\\s+value: [^\\n]+\\n\\s+isBlock: \\w+,\\s+type: "set"`).test(
      this.source(module),
    );
  }

  private readonly sources = new Map<string, string>();

  private source(module: string): string {
    const directory = module.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const known =
      this.sources.get(module) ?? readFileSync(join(PACKAGE, 'lib', directory, 'index.js'), 'utf8');
    this.sources.set(module, known);
    return known;
  }
}

function alternatives(type: TypeReference): readonly TypeReference[] {
  return (type.union?.types ?? [type]).filter(({ fqn }) => fqn !== 'cdktf.IResolvable');
}

function arrayOf(type: TypeReference): TypeReference | undefined {
  return alternatives(type).find(({ collection }) => collection?.kind === 'array')?.collection?.elementtype;
}

/** Name of the struct that a block is made of. */
function structOf(type: TypeReference): string | undefined {
  return [...alternatives(type), ...alternatives(arrayOf(type) ?? {})].find(({ fqn }) => fqn?.startsWith(OWN))
    ?.fqn;
}

function typeOf(type: TypeReference): TerraformType {
  const [first] = alternatives(type);
  if (first === undefined || first.fqn === 'cdktf.IResolvable') return 'bool';
  if (first.collection)
    return [first.collection.kind === 'array' ? 'list' : 'map', typeOf(first.collection.elementtype)];
  if (first.fqn === 'cdktf.StringMap') return ['map', 'string'];
  return PRIMITIVES[first.primitive ?? ''] ?? 'dynamic';
}

/** The documentation of a property links to the argument under its own name. */
function terraformName({ name, docs }: Property): string {
  return /#(\w+) [\w]+#\1\}/.exec(docs?.remarks ?? '')?.[1] ?? snake(name);
}

/** `Possible values: ["ENTERPRISE", "STANDARD"]`, as the documentation of an argument ends. */
function possibleValues({ docs }: Property): readonly string[] | undefined {
  const list = /Possible values: (\[[^\]]+\])/.exec(`${docs?.summary ?? ''} ${docs?.remarks ?? ''}`)?.[1];
  const values = list?.match(/"[^"]*"/g)?.map((value) => value.slice(1, -1));
  return values && values.length > 0 ? values : undefined;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
