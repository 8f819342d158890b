/** What a condition of IAM is asked about: https://docs.cloud.google.com/iam/docs/conditions-attribute-reference */
export interface ConditionResource {
  /** `storage.googleapis.com/Object` */
  readonly type: string;
  /** `projects/_/buckets/<bucket>/objects/<path>` */
  readonly name: string;
}

const TOKEN = /\s*(?:(?<string>"[^"]*")|(?<word>[A-Za-z_]\w*)|(?<sign>&&|\|\||==|!=|[().]))/y;

/**
 * Whether a condition holds: the part of CEL that conditions on names are written in.
 *
 * @throws Error where it is written in anything else
 */
export function holds(condition: string, resource: ConditionResource): boolean {
  return new Evaluation(tokenize(condition), resource, condition).run();
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text)?.groups;
    if (found === undefined) throw new Error(`not understood: ${text}`);
    tokens.push(found.string ?? found.word ?? found.sign ?? '');
  }
  return tokens;
}

class Evaluation {
  private position = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly resource: ConditionResource,
    private readonly text: string,
  ) {}

  run(): boolean {
    const result = this.any();
    if (this.position < this.tokens.length) throw this.unexpected();
    return result;
  }

  private take(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.unexpected();
  }

  private unexpected(): Error {
    return new Error(`unexpected ${this.tokens[this.position] ?? 'the end'} in ${this.text}`);
  }

  private any(): boolean {
    let result = this.all();
    while (this.take('||')) result = this.all() || result;
    return result;
  }

  private all(): boolean {
    let result = this.term();
    while (this.take('&&')) result = this.term() && result;
    return result;
  }

  private term(): boolean {
    if (this.take('(')) {
      const inner = this.any();
      this.expect(')');
      return inner;
    }
    const left = this.operand();
    if (this.take('==')) return left === this.operand();
    if (this.take('!=')) return left !== this.operand();
    if (typeof left !== 'boolean') throw this.unexpected();
    return left;
  }

  /** A text, `resource.type`, `resource.name`, or what a function says of them. */
  private operand(): string | boolean {
    const text = /^"(.*)"$/s.exec(this.tokens[this.position] ?? '')?.[1];
    if (text !== undefined) {
      this.position += 1;
      return text;
    }
    this.expect('resource');
    this.expect('.');
    const attribute = this.take('type') ? this.resource.type : this.name();
    if (!this.take('.')) return attribute;
    const name = this.tokens[this.position] ?? '';
    this.position += 1;
    this.expect('(');
    const argument = this.operand();
    this.expect(')');
    return this.apply(name, attribute, String(argument));
  }

  private name(): string {
    this.expect('name');
    return this.resource.name;
  }

  private apply(name: string, text: string, argument: string): string | boolean {
    switch (name) {
      case 'startsWith':
        return text.startsWith(argument);
      case 'endsWith':
        return text.endsWith(argument);
      case 'extract':
        return extract(text, argument);
      default:
        throw new Error(`the function ${name} is not known: ${this.text}`);
    }
  }
}

/** `before{name}after`: what lies between the first `before` and the next `after`; nothing where one is missing. */
function extract(text: string, template: string): string {
  const [, before = '', after = ''] = /^([^{]*)\{\w+\}(.*)$/s.exec(template) ?? [];
  const at = text.indexOf(before);
  if (at === -1) return '';
  const rest = text.slice(at + before.length);
  if (after === '') return rest;
  const end = rest.indexOf(after);
  return end === -1 ? '' : rest.slice(0, end);
}
