// Takes the pod networks off the machine that a containerd which was killed has left: addresses, firewall rules, network namespaces.

import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runCommand } from '../host/command.ts';
import { type ContainerdInstance, defaultCniPluginDirectory } from './containerd-config.ts';

/** Where CNI's library keeps what it has set up: one file per network, container and interface. */
const resultsDirectory = '/var/lib/cni/results';
/** CNI plugins look for iptables where root has it. */
const pluginSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What CNI's library wrote about one interface that it made. */
interface CniAttachment {
  readonly containerId: string;
  readonly interfaceName: string;
  readonly namespace: string | undefined;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
  /** What every plugin of the list is given besides its own configuration. */
  readonly shared: Readonly<Record<string, unknown>>;
}

export async function removePodNetworks(instance: ContainerdInstance): Promise<void> {
  const files = await readdir(resultsDirectory).catch(() => []);
  for (const file of files.filter((name) => name.startsWith(`${instance.network}-`))) {
    const path = join(resultsDirectory, file);
    const attachment = parseAttachment(await readFile(path, 'utf8').catch(() => ''));
    if (attachment) await detach(attachment, instance.cniPluginDirectory ?? defaultCniPluginDirectory);
    await rm(path, { force: true });
  }
}

async function detach(attachment: CniAttachment, pluginDirectory: string): Promise<void> {
  for (const plugin of [...attachment.plugins].reverse()) await undo(plugin, attachment, pluginDirectory);
  const { namespace, containerId } = attachment;
  if (namespace !== undefined) {
    await runCommand('umount', ['--lazy', namespace]).catch(() => undefined); // a reboot has unmounted it
    await rm(namespace, { force: true });
  }
  await rm(join(resultsDirectory, `cni-loopback-${containerId}-lo`), { force: true });
}

/** CNI's DEL: a plugin takes back what it did, and does not mind what is gone already. */
async function undo(
  plugin: Readonly<Record<string, unknown>>,
  { containerId, interfaceName, namespace, shared }: CniAttachment,
  pluginDirectory: string,
): Promise<void> {
  const program = join(pluginDirectory, basename(String(plugin.type)));
  const environment = {
    PATH: pluginSearchPath,
    CNI_COMMAND: 'DEL',
    CNI_CONTAINERID: containerId,
    CNI_IFNAME: interfaceName,
    CNI_NETNS: namespace ?? '',
    CNI_PATH: pluginDirectory,
  };
  const input = JSON.stringify({ ...shared, ...plugin });
  // What one plugin can not undo must not keep the rest on the machine.
  await runCommand(program, [], { environment, input }).catch(() => undefined);
}

/** Undefined for what is no such file, as one half written when the power went. */
export function parseAttachment(text: string): CniAttachment | undefined {
  const file = parseObject(text);
  const list = parseObject(Buffer.from(String(file?.config ?? ''), 'base64').toString('utf8'));
  const result = asObject(file?.result);
  if (!file || !list || !result || typeof file.containerId !== 'string' || typeof file.ifName !== 'string') {
    return undefined;
  }
  return {
    containerId: file.containerId,
    interfaceName: file.ifName,
    namespace: namespaceOf(result),
    plugins: objectsOf(list.plugins),
    shared: { cniVersion: list.cniVersion, name: list.name, prevResult: result },
  };
}

function namespaceOf(result: Readonly<Record<string, unknown>>): string | undefined {
  return objectsOf(result.interfaces)
    .map(({ sandbox }) => sandbox)
    .find(
      (sandbox): sandbox is string =>
        typeof sandbox === 'string' && /^\/(var\/)?run\/netns\/cni-[\w-]+$/.test(sandbox),
    );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function objectsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asObject).filter((one) => one !== undefined) : [];
}
