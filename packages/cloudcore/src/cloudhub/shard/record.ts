// What a hub shard and the core say to each other over their local socket: length-prefixed binary records, sent in batches.
// Layout: four bytes length of what follows, one byte kind, four bytes connection, the payload. All big endian.

import { Fault } from '@selvedge/base';

export const recordKind = {
  // From a shard.
  /** First: the secret by which the core knows its own shards. */
  hello: 1,
  /** A client asks for a session: JSON `ConnectRequest`. */
  connect: 2,
  text: 3,
  binary: 4,
  /** The connection is over: why, UTF-8. */
  disconnected: 5,
  /** The client does not read as fast as it is sent to; and: it has caught up. */
  congested: 6,
  relieved: 7,
  /** JSON `ShardReport`. */
  report: 8,
  /** The shard listens: JSON `{port}`. */
  listening: 9,
  /** The shard could not do as it was configured, and listens as before, if it did: why, UTF-8. */
  failed: 10,
  // From the core.
  /** JSON `ShardConfig`: listen, or listen again with another certificate. */
  configure: 32,
  /** The session stands: answer the upgrade, with these capabilities (text, may be empty). */
  accept: 33,
  /** Two bytes close code, then the reason: for a client that waits as for one that is connected. */
  close: 34,
  /** Send this as a text frame, or a binary one. */
  sendText: 35,
  sendBinary: 36,
} as const;

export type RecordKind = (typeof recordKind)[keyof typeof recordKind];

export interface LinkRecord {
  readonly kind: number;
  readonly connection: number;
  /** A view: copy to keep. */
  readonly payload: Buffer;
}

/** Largest message plus room: no record may be larger. */
export const maxRecordBytes = 64 * 1024 * 1024;
const prefixBytes = 4;
const headerBytes = prefixBytes + 5;

export function encodeRecord(
  kind: RecordKind,
  connection: number,
  payload: Uint8Array | string = '',
): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const record = Buffer.allocUnsafe(headerBytes + length);
  record.writeUInt32BE(headerBytes - prefixBytes + length, 0);
  record[prefixBytes] = kind;
  record.writeUInt32BE(connection, prefixBytes + 1);
  if (typeof payload === 'string') record.write(payload, headerBytes);
  else record.set(payload, headerBytes);
  return record;
}

export function encodeClose(connection: number, code: number, reason: string): Buffer {
  const text = Buffer.from(reason, 'utf8');
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return encodeRecord(recordKind.close, connection, payload);
}

export function decodeClose(payload: Buffer): { code: number; reason: string } {
  return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString('utf8') };
}

/** Cuts a byte stream into records, however it arrives. */
export class RecordReader {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #neededBytes = prefixBytes;

  push(chunk: Buffer, onRecord: (record: LinkRecord) => void): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#neededBytes) return;
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    let offset = 0;
    this.#neededBytes = prefixBytes;
    while (bytes.length - offset >= prefixBytes) {
      const length = bytes.readUInt32BE(offset);
      if (length < headerBytes - prefixBytes || length > maxRecordBytes) {
        throw new Fault('cloudhub/bad-record', `a record of ${length} bytes can not be`);
      }
      if (bytes.length - offset < prefixBytes + length) {
        this.#neededBytes = prefixBytes + length;
        break;
      }
      onRecord({
        kind: bytes[offset + prefixBytes] ?? 0,
        connection: bytes.readUInt32BE(offset + prefixBytes + 1),
        payload: bytes.subarray(offset + headerBytes, offset + prefixBytes + length),
      });
      offset += prefixBytes + length;
    }
    const rest = bytes.subarray(offset);
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#pendingBytes = rest.length;
  }
}
