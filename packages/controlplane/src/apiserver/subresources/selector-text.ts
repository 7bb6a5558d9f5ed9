// A LabelSelector object as the text that kubectl and the scale subresource show: `app=a,tier in (b,c)`.

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export function selectorText(selector: unknown): string {
  if (typeof selector !== 'object' || selector === null) return '';
  const structured = 'matchLabels' in selector || 'matchExpressions' in selector;
  const { matchLabels, matchExpressions } = (structured ? selector : { matchLabels: selector }) as {
    matchLabels?: Record<string, string>;
    matchExpressions?: Expression[];
  };
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` }));
  for (const expression of matchExpressions ?? [])
    parts.push({ key: expression.key, text: expressionText(expression) });
  return parts
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map((part) => part.text)
    .join(',');
}

function expressionText({ key, operator, values = [] }: Expression): string {
  const list = [...values].sort().join(',');
  switch (operator) {
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'NotIn':
      return `${key} notin (${list})`;
    default:
      return `${key} in (${list})`;
  }
}
