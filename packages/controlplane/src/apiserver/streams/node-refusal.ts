// What a node, or the cloudcore before it, answered instead of what was asked for, as this server's own refusal.

import type { IncomingMessage } from 'node:http';
import { refuse, type StatusError } from '../status-error.ts';

const maxRefusalBytes = 64 * 1024;

/** A node's own words, or cloudcore's Status, as this server's refusal. */
export async function refusalOf(answer: IncomingMessage): Promise<StatusError> {
  let text = '';
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.length > maxRefusalBytes) break;
  }
  const message = messageOf(text);
  switch (answer.statusCode) {
    case 400:
      return refuse.badRequest(message);
    case 503:
      return refuse.unavailable(message);
    default:
      return refuse.internal(message);
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.trim();
  }
}
