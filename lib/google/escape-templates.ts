/** A text as an argument of Terraform, which would fill in `${…}` and `%{…}` itself. */
export function escapeTemplates(text: string): string {
  return text.replace(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}
