// One connection to a hub with a node's own key, to say what a node never says.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { FrameParser } from '@selvedge/base/websocket';
import { buildUpgradeRequest, readHead } from '@selvedge/wire';

export interface HubVisit {
  readonly hubPort: number;
  /** The node's `pki` folder: the CA, its certificate and key. */
  readonly pkiDirectory: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What follows the upgrade. */
  readonly bytes?: Uint8Array;
}

export interface Farewell {
  readonly code: number | undefined;
  readonly reason: string;
}

/** Connects, says it, and resolves with the close frame that the hub answers; rejects when it just hangs up. */
export async function visitHub({ hubPort, pkiDirectory, headers, bytes }: HubVisit): Promise<Farewell> {
  const file = (name: string) => readFile(join(pkiDirectory, name));
  const [ca, cert, key] = await Promise.all([file('ca.crt'), file('node.crt'), file('node.key')]);
  const socket = connect({ host: '127.0.0.1', port: hubPort, ca, cert, key });
  try {
    return await new Promise<Farewell>((resolve, reject) => {
      const parser = new FrameParser({ expectMasked: false, maxMessageBytes: 1 << 26, checkUtf8: true });
      const handler = {
        onMessage: () => undefined,
        onPing: () => undefined,
        onPong: () => undefined,
        onClose: (code: number | undefined, reason: string) => resolve({ code, reason }),
      };
      let head: Buffer | undefined = Buffer.alloc(0);
      socket.on('data', (data: Buffer) => {
        if (!head) {
          parser.push(data, handler);
          return;
        }
        head = Buffer.concat([head, data]);
        const read = readHead(head);
        if (!read) return;
        const rest = Buffer.from(head.subarray(read.length));
        head = undefined;
        if (bytes) socket.write(bytes);
        if (rest.length > 0) parser.push(rest, handler);
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the hub hung up')));
      const nonce = randomBytes(16).toString('base64');
      socket.write(buildUpgradeRequest({ host: 'hub', path: '/project/node/events', key: nonce, headers }));
    });
  } finally {
    socket.destroy();
  }
}
