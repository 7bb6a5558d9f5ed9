// The systemd units of an edge node: written, started and removed where systemd runs the machine.

import { access, rm, writeFile } from 'node:fs/promises';
import { findProgram, runOrFail, runProgram } from './programs.ts';

export interface Unit {
  readonly command: readonly string[];
  readonly description: string;
}

function unitPath(name: string): string {
  return `/etc/systemd/system/${name}.service`;
}

/** systemd makes this directory when it is process 1, as sd_booted(3) says. */
export function isSystemdMachine(): Promise<boolean> {
  return access('/run/systemd/system').then(
    () => true,
    () => false,
  );
}

export function unitFile({ command, description }: Unit): string {
  return `# Made by \`selvedge join\`, removed by \`selvedge reset\`.
[Unit]
Description=${description}
After=network-online.target selvedge-containerd.service
Wants=network-online.target

[Service]
ExecStart=${command.map(quote).join(' ')}
Restart=always
RestartSec=2
# Containers go on while this restarts.
KillMode=process
Delegate=yes

[Install]
WantedBy=multi-user.target
`;
}

/** In a unit, blanks need quotes and `%` and `$` are special. */
function quote(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w./:@=,+%$-]+$/.test(word) ? escaped : `"${escaped}"`;
}

export async function installUnit(name: string, unit: Unit): Promise<void> {
  await writeFile(unitPath(name), unitFile(unit), { mode: 0o644 });
  await runOrFail('systemctl', ['daemon-reload']);
  await runOrFail('systemctl', ['enable', '--now', name]);
}

/** Leaves nothing where there was none. */
export async function removeUnit(name: string, searchPath: string): Promise<void> {
  const systemctl = await findProgram('systemctl', searchPath);
  if (!systemctl || !(await isSystemdMachine())) return;
  await runProgram(systemctl, ['disable', '--now', name]); // fails where there is no such unit
  await rm(unitPath(name), { force: true });
  await runProgram(systemctl, ['daemon-reload']);
}
