// Reads the head of one HTTP/1.1 request and writes it anew for the node's kubelet endpoint. Pure.

/** A head larger than this is refused: kubectl's are below 4 KiB. */
export const maxHeadBytes = 64 * 1024;

export interface RequestHead {
  readonly node: string;
  readonly method: string;
  /** The kubelet's own path, with the query. */
  readonly path: string;
  /** The head as the kubelet endpoint gets it. */
  readonly forwarded: Buffer;
  /** Bytes of the buffer that belong to the head; what follows is passed on as it is. */
  readonly length: number;
}

export type HeadResult =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'request'; readonly head: RequestHead }
  /** Whether the node is connected here: asked where several cloudcores run. */
  | { readonly kind: 'question'; readonly node: string }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string; readonly message: string };

const requestLine = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const nodePath = /^\/nodes\/([^/?#]+)(\/[^#]*)?$/;
const nodeName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const headerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;
/** Between us and the caller alone. */
const hopHeaders: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection']);

/** Reads what has arrived so far of a connection's first request. */
export function readHead(bytes: Buffer): HeadResult {
  const end = bytes.subarray(0, maxHeadBytes + 4).indexOf('\r\n\r\n');
  if (end < 0) {
    if (bytes.length > maxHeadBytes) return refused(431, 'BadRequest', 'the request head is too large');
    return { kind: 'incomplete' };
  }
  const [first = '', ...headers] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [, method = '', target = ''] = requestLine.exec(first) ?? [];
  if (!method) return refused(400, 'BadRequest', 'not an HTTP/1.1 request');
  const [, node = '', path = ''] = nodePath.exec(target) ?? [];
  if (!nodeName.test(node) || (path === '' && method !== 'GET'))
    return refused(404, 'NotFound', 'expected /nodes/NODE/PATH');
  if (!headers.every((line) => headerLine.test(line)))
    return refused(400, 'BadRequest', 'a header is malformed');
  if (path === '') return { kind: 'question', node };
  const forwarded = Buffer.from(forwardedHead(method, path, headers), 'latin1');
  return { kind: 'request', head: { node, method, path, forwarded, length: end + 4 } };
}

/**
 * One connection carries one request, because what follows an upgrade can not be told from the next request: so the
 * kubelet endpoint is told to close, unless the connection becomes something else.
 */
function forwardedHead(method: string, path: string, headers: readonly string[]): string {
  const nameOf = (line: string) => line.slice(0, line.indexOf(':')).toLowerCase();
  const upgrades = headers.some((line) => nameOf(line) === 'upgrade');
  const kept = headers.filter((line) => !hopHeaders.has(nameOf(line)));
  const connection = upgrades ? 'Connection: Upgrade' : 'Connection: close';
  return [`${method} ${path} HTTP/1.1`, ...kept, connection, '', ''].join('\r\n');
}

function refused(code: number, reason: string, message: string): HeadResult {
  return { kind: 'refused', code, reason, message };
}

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** The answer to a question about a node that is connected. */
export const yesAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** A whole answer that holds a Kubernetes Status, and the last of its connection. */
export function statusAnswer(code: number, reason: string, message: string): string {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  const body = JSON.stringify(status);
  return [
    `HTTP/1.1 ${code} ${phrases[code] ?? 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
