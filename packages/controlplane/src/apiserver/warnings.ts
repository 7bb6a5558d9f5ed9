// `Warning` headers (RFC 7234, code 299), which kubectl prints.

const maxWarningLength = 256;
const maxWarnings = 20;

export function warningHeader(texts: readonly string[]): string {
  return [...new Set(texts)]
    .slice(0, maxWarnings)
    .map((text) => `299 - "${clean(text).replace(/[\\"]/g, '\\$&')}"`)
    .join(', ');
}

/** Control characters would end the header. */
function clean(text: string): string {
  return Array.from(text.slice(0, maxWarningLength), (character) => (character < ' ' ? ' ' : character)).join(
    '',
  );
}
