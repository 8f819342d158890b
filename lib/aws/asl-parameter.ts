/** A parameter whose value is a literal, or is computed in the run: `$.…`, `$$.…`, `States.…`. */
export function parameter(name: string, value: string): Readonly<Record<string, string>> {
  return { [isExpression(value) ? `${name}.$` : name]: value };
}

function isExpression(value: string): boolean {
  return value.startsWith('$.') || value.startsWith('$$.') || value.startsWith('States.');
}
