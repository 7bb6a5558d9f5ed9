// Sends recorded requests to a running control plane, as the user that they were recorded for.

import { type RequestOptions, request } from 'node:https';
import type { RecordedRequest } from './recording.ts';

export interface ReplayAnswer {
  readonly status: number;
  readonly warning: string | undefined;
  /** Parsed JSON, the events of a watch, or text. */
  readonly body: unknown;
}

export interface ReplayTarget {
  readonly url: string;
  readonly ca: string;
  /** The administrator's. */
  readonly cert: string;
  readonly key: string;
}

/** The one that the recording was made with: managed fields name it. */
const userAgent = 'apicheck/1';

export function sendRecorded(
  target: ReplayTarget,
  recorded: Omit<RecordedRequest, 'path'> & { readonly path: string; readonly userAgent?: string },
): Promise<ReplayAnswer> {
  const { url, ca, cert, key } = target;
  const body = recorded.body ?? undefined;
  const headers: Record<string, string> = {
    accept: recorded.accept,
    'user-agent': recorded.userAgent ?? userAgent,
  };
  if (recorded.contentType) headers['content-type'] = recorded.contentType;
  if (recorded.impersonate) headers['impersonate-user'] = recorded.impersonate;
  if (recorded.auth) headers.authorization = `Bearer ${recorded.auth}`;
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  const { hostname, port } = new URL(url);
  const options: RequestOptions = {
    hostname,
    port,
    path: recorded.path,
    method: recorded.method,
    headers,
    ca,
    agent: false,
    ...(recorded.auth === undefined ? { cert, key } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers: given } = response;
        const text = Buffer.concat(chunks).toString('utf8');
        const warning = given.warning === undefined ? undefined : String(given.warning);
        resolve({ status, warning, body: read(text, { path: recorded.path, status }) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function read(text: string, { path, status }: { path: string; status: number }): unknown {
  if (/[?&]watch=1/.test(path) && status === 200) {
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  }
  return text.startsWith('{') ? JSON.parse(text) : text;
}
