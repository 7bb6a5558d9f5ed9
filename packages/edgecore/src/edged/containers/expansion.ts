// Kubernetes' variable references: `$(NAME)` becomes its value, `$$` a dollar sign, and what is unknown stays as written.

export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  let result = '';
  let position = 0;
  while (position < text.length) {
    const dollar = text.indexOf('$', position);
    if (dollar < 0 || dollar + 1 >= text.length) break;
    result += text.slice(position, dollar);
    const next = text[dollar + 1];
    if (next === '(') {
      const end = text.indexOf(')', dollar + 2);
      if (end < 0) {
        result += '$(';
        position = dollar + 2;
        continue;
      }
      const name = text.slice(dollar + 2, end);
      result += lookUp(name) ?? `$(${name})`;
      position = end + 1;
    } else {
      result += next === '$' ? '$' : `$${next}`;
      position = dollar + 2;
    }
  }
  return result + text.slice(position);
}
