// The program of a hub shard process. Standard input holds one line, `{socket, secret}`; when it ends, the core is gone and
// so is the shard.

import { connect } from 'node:net';
import { systemClock } from '@selvedge/base';
import { Link } from './link.ts';
import { encodeRecord, recordKind } from './record.ts';
import { Shard } from './shard.ts';

interface Invitation {
  readonly socket: string;
  readonly secret: string;
}

function run(invitation: Invitation): void {
  const socket = connect(invitation.socket);
  const link: Link = new Link(socket, {
    onRecord: (record) => shard.onRecord(record),
    onRelieved: () => shard.onRelieved(),
    onClose: () => process.exit(0),
  });
  const shard = new Shard({ clock: systemClock, link });
  link.send(encodeRecord(recordKind.hello, 0, invitation.secret));
}

// Signals to the process group are the core's to act on: it closes the link when it is done.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text: string) => {
  const wasWhole = input.includes('\n');
  input += text;
  if (!wasWhole && input.includes('\n')) run(JSON.parse(input.slice(0, input.indexOf('\n'))) as Invitation);
});
process.stdin.on('end', () => process.exit(0));
