// The WebSocket upgrade (RFC 6455, section 4) as text: requests and responses, built and read on both sides.
// KubeEdge's headers have underscores (`node_id`), which no HTTP library may drop here.

import { Fault } from '@selvedge/base';
import { acceptKeyOf } from '@selvedge/base/websocket';

/** The largest head (request or status line with headers) that is read. */
export const maxHeadBytes = 16 * 1024;

const headEnd = Buffer.from('\r\n\r\n');

export const header = {
  nodeId: 'node_id',
  projectId: 'project_id',
  connectionUse: 'connectionuse',
  capabilities: 'selvedge-capabilities',
} as const;

/** KubeEdge's default project, part of the URL for reasons of history. */
export const defaultProjectId = 'e632aba927ea4ac2b575ec1603d56f10';

export interface HttpHead {
  /** `GET /path HTTP/1.1` or `HTTP/1.1 101 Switching Protocols`. */
  readonly startLine: string;
  /** Names in lower case; of repeated headers the values joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes that the head takes; what follows belongs to the connection. */
  readonly length: number;
}

/** Reads the head at the start of `bytes`; undefined while it is incomplete, a fault when it is too long or broken. */
export function readHead(bytes: Buffer): HttpHead | undefined {
  const end = bytes.subarray(0, maxHeadBytes).indexOf(headEnd);
  if (end < 0) {
    if (bytes.length >= maxHeadBytes) throw bad(`the head is longer than ${maxHeadBytes} bytes`);
    return undefined;
  }
  const [startLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    if (!match) throw bad('a header line is malformed');
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { startLine, headers, length: end + headEnd.length };
}

export interface UpgradeRequest {
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly key: string;
}

/** Holds a head against the rules for an upgrade request. */
export function checkUpgradeRequest(head: HttpHead): UpgradeRequest {
  const match = /^GET (\S+) HTTP\/1\.1$/.exec(head.startLine);
  if (!match) throw bad('only GET of HTTP/1.1 can be upgraded to a WebSocket');
  const key = head.headers.get('sec-websocket-key') ?? '';
  if (
    head.headers.get('upgrade')?.toLowerCase() !== 'websocket' ||
    !hasToken(head, 'connection', 'upgrade')
  ) {
    throw bad('the request does not ask for a WebSocket');
  }
  if (head.headers.get('sec-websocket-version') !== '13') throw bad('only WebSocket version 13 is spoken');
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) throw bad('Sec-WebSocket-Key is malformed');
  return { path: match[1] ?? '', headers: head.headers, key };
}

export interface UpgradeRequestOptions {
  readonly host: string;
  readonly path: string;
  /** Sixteen random bytes, base64. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function buildUpgradeRequest(options: UpgradeRequestOptions): string {
  return head(`GET ${options.path} HTTP/1.1`, {
    Host: options.host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': options.key,
    ...options.headers,
  });
}

export function buildUpgradeResponse(key: string, headers: Readonly<Record<string, string>> = {}): string {
  return head('HTTP/1.1 101 Switching Protocols', {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptKeyOf(key),
    ...headers,
  });
}

/** Refuses an upgrade with a text that says why; the connection closes after it. */
export function buildRefusal(status: 400 | 403 | 404 | 503, reason: string): string {
  const names = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' };
  const body = `${reason}\n`;
  return (
    head(`HTTP/1.1 ${status} ${names[status]}`, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    }) + body
  );
}

/** Checks the server's answer to an upgrade; faults with the status line when it is a refusal. */
export function checkUpgradeResponse(response: HttpHead, key: string): void {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(response.startLine)?.[1];
  if (status !== '101') {
    throw new Fault('wire/upgrade-refused', `the server refused the WebSocket: ${response.startLine}`);
  }
  if (response.headers.get('sec-websocket-accept') !== acceptKeyOf(key)) {
    throw bad('the server answered with a wrong Sec-WebSocket-Accept');
  }
}

function hasToken(message: HttpHead, name: string, token: string): boolean {
  const values = message.headers.get(name)?.split(',') ?? [];
  return values.some((value) => value.trim().toLowerCase() === token);
}

function head(startLine: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (/[\r\n\0]/.test(name + value)) throw bad(`header ${JSON.stringify(name)} has a line break`);
    return `${name}: ${value}\r\n`;
  });
  return `${startLine}\r\n${lines.join('')}\r\n`;
}

function bad(why: string): Fault {
  return new Fault('wire/bad-handshake', `the WebSocket handshake is refused: ${why}`);
}
