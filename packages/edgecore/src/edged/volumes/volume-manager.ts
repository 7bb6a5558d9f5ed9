// Sets up the volumes of each pod, keeps the files in them up to date, and takes them away again.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, describeError, Fault, isFault, type Logger, type TimerHandle } from '@selvedge/base';
import type { ConfigMap, Secret, TokenRequest, Volume } from '@selvedge/kubernetes';
import { isMounted, mountTmpfs, unmountBelow } from '../../host/mounts.ts';
import type { NodeStore } from '../../metamanager/node-store.ts';
import type { NodeAllocatable, PodAddresses } from '../containers/field-path.ts';
import { type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';
import { orMissing } from '../store-object.ts';
import { writePayload } from './atomic-writer.ts';
import { prepareEmptyDir, prepareHostPath } from './host-volumes.ts';
import { hasToken, type PayloadSources, refersTo, volumePayload } from './payloads.ts';

export interface MountedVolume {
  readonly path: string;
  /** Its files are written from outside: containers may only read them. */
  readonly readOnly: boolean;
}

export interface VolumeManagerOptions {
  readonly store: Pick<NodeStore, 'pod' | 'object' | 'serviceAccountToken' | 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rootDirectory: string;
  readonly allocatable: () => NodeAllocatable;
  readonly addresses: (pod: EdgePod) => PodAddresses;
}

interface MountedPod {
  pod: EdgePod;
  /** Once all of them stand; kept up to date by refreshes from then on. */
  mounted?: Map<string, MountedVolume>;
  mounting?: Promise<Map<string, MountedVolume>>;
  /** The last write of each volume's files, done or under way. */
  readonly writing: Map<string, Promise<void>>;
}

/** Part of a token's life after which it is replaced. */
const refreshShare = 0.8;
const tokenRetryMs = 30_000;

export class VolumeManager implements Disposable {
  readonly #options: VolumeManagerOptions;
  readonly #pods = new Map<string, MountedPod>();
  readonly #tokenDueMs = new Map<string, number>();
  readonly #subscription: Disposable;
  #timer: TimerHandle | undefined;

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
    this.#subscription = options.store.subscribe(({ type, namespace, name }) => {
      if (type === 'configmap' || type === 'secret') this.#refreshUsers(type, namespace, name);
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    this.#timer?.cancel();
  }

  podDirectory(uid: string): string {
    return join(this.#options.rootDirectory, 'pods', uid);
  }

  /**
   * All volumes of the pod, by name; may be called again at any time and then changes nothing that is right.
   * Rejects with `edged/mount-failed`, worded as the event that says so.
   */
  async mount(pod: EdgePod): Promise<Map<string, MountedVolume>> {
    const entry: MountedPod = this.#pods.get(pod.metadata.uid) ?? { pod, writing: new Map() };
    entry.pod = pod;
    this.#pods.set(pod.metadata.uid, entry);
    if (entry.mounted) return entry.mounted;
    entry.mounting ??= this.#mountAll(entry).finally(() => {
      entry.mounting = undefined;
    });
    return entry.mounting;
  }

  async #mountAll(entry: MountedPod): Promise<Map<string, MountedVolume>> {
    const { pod } = entry;
    const volumes = specOf(pod).volumes ?? [];
    await mkdir(join(this.podDirectory(pod.metadata.uid), 'volumes'), { recursive: true, mode: 0o750 });
    const mounted = await Promise.allSettled(volumes.map((volume) => this.#mountOne(entry, volume)));
    const result = new Map<string, MountedVolume>();
    for (const [index, volume] of volumes.entries()) {
      const outcome = mounted[index];
      if (outcome?.status === 'fulfilled') result.set(volume.name, outcome.value);
      else throw mountFailed(volume, outcome?.reason);
    }
    entry.mounted = result;
    return result;
  }

  /** The pod runs already, started by an agent before this one: its files are brought up to date and kept so from now on. */
  adopt(pod: EdgePod): void {
    if (this.#pods.has(pod.metadata.uid)) return;
    this.mount(pod).catch((error) =>
      this.#options.logger.warn('volumes-not-refreshed', {
        pod: pod.metadata.name,
        error: describeError(error),
      }),
    );
  }

  /** The pod's own fields have changed: files that show them follow. */
  podChanged(pod: EdgePod): void {
    const entry = this.#pods.get(pod.metadata.uid);
    if (!entry) return;
    entry.pod = pod;
    for (const volume of specOf(pod).volumes ?? []) {
      if (volume.downwardAPI || volume.projected?.sources?.some((source) => source.downwardAPI)) {
        this.#refresh(entry, volume);
      }
    }
  }

  /** Unmounts and removes everything of the pod below the root directory. */
  async unmount(uid: string): Promise<void> {
    const entry = this.#pods.get(uid);
    this.#pods.delete(uid);
    for (const key of this.#tokenDueMs.keys()) if (key.startsWith(`${uid}/`)) this.#tokenDueMs.delete(key);
    await Promise.allSettled(entry?.writing.values() ?? []);
    const directory = this.podDirectory(uid);
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }

  /** The pod has ended for good but stays known: its volumes go, the files of its containers stay. */
  async unmountVolumes(uid: string): Promise<void> {
    const entry = this.#pods.get(uid);
    this.#pods.delete(uid);
    await Promise.allSettled(entry?.writing.values() ?? []);
    const present = await readdir(this.podDirectory(uid)).catch((): string[] => []);
    if (!present.includes('volumes')) return;
    for (const folder of ['volume-subpaths', 'volumes']) {
      const directory = join(this.podDirectory(uid), folder);
      await unmountBelow(directory);
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Pods that have a directory here, whether or not anyone knows them. */
  async podsOnDisk(): Promise<string[]> {
    return readdir(join(this.#options.rootDirectory, 'pods')).catch(() => []);
  }

  async #mountOne(entry: MountedPod, volume: Volume): Promise<MountedVolume> {
    const { pod } = entry;
    const fsGroup = specOf(pod).securityContext?.fsGroup;
    if (volume.hostPath) return { path: await prepareHostPath(volume.hostPath), readOnly: false };
    const path = this.#volumeDirectory(pod, volume);
    if (volume.emptyDir) {
      await prepareEmptyDir(path, volume.emptyDir, fsGroup);
      return { path, readOnly: false };
    }
    await mkdir(path, { recursive: true, mode: 0o755 });
    if (keptInMemory(volume) && !(await isMounted(path))) await mountTmpfs(path, ['mode=0755', 'size=64m']);
    await this.#write(entry, volume);
    return { path, readOnly: true };
  }

  #volumeDirectory(pod: EdgePod, volume: Volume): string {
    const folder = join(this.podDirectory(pod.metadata.uid), 'volumes');
    return join(folder, `kubernetes.io~${pluginOf(volume)}`, volume.name);
  }

  /** One after the other for each volume: two writers would take one another's files away, and the newest must win. */
  #write(entry: MountedPod, volume: Volume): Promise<void> {
    const before = entry.writing.get(volume.name) ?? Promise.resolve();
    const next = before.catch(() => undefined).then(() => this.#writeNow(entry, volume));
    entry.writing.set(volume.name, next);
    return next;
  }

  async #writeNow(entry: MountedPod, volume: Volume): Promise<void> {
    const { clock, logger } = this.#options;
    const payload = await volumePayload(entry.pod, volume, this.#sources(entry.pod, volume));
    if (!payload) return;
    const fsGroup = specOf(entry.pod).securityContext?.fsGroup;
    const directory = this.#volumeDirectory(entry.pod, volume);
    const nowMs = clock.now();
    const changed = await writePayload({
      directory,
      payload,
      nowMs,
      ...(fsGroup !== undefined && { fsGroup }),
    });
    if (changed) logger.debug('volume-written', { pod: entry.pod.metadata.name, volume: volume.name });
  }

  #sources(pod: EdgePod, volume: Volume): PayloadSources {
    const { store, allocatable, addresses } = this.#options;
    return {
      allocatable: allocatable(),
      addresses: addresses(pod),
      configMap: (namespace, name) => orMissing<ConfigMap>(store.object('configmap', namespace, name)),
      secret: (namespace, name) => orMissing<Secret>(store.object('secret', namespace, name)),
      token: async (namespace, serviceAccount, request) => {
        const answer = await store.serviceAccountToken(namespace, serviceAccount, request);
        this.#scheduleToken(`${pod.metadata.uid}/${volume.name}`, answer);
        return answer;
      },
    };
  }

  #refreshUsers(type: 'configmap' | 'secret', namespace: string, name: string): void {
    for (const entry of this.#pods.values()) {
      if (namespaceOf(entry.pod) !== namespace) continue;
      for (const volume of specOf(entry.pod).volumes ?? []) {
        if (refersTo(volume, type, name)) this.#refresh(entry, volume);
      }
    }
  }

  #refresh(entry: MountedPod, volume: Volume): void {
    this.#writeIfWanted(entry, volume).catch((error) => {
      const fields = { pod: entry.pod.metadata.name, volume: volume.name, error: describeError(error) };
      // What the files came from being gone is nobody's failure: they stay as they were.
      const level = isFault(error, 'edged/volume-source') ? 'info' : 'warn';
      this.#options.logger[level]('volume-refresh-failed', fields);
      if (hasToken(volume)) this.#dueAt(`${entry.pod.metadata.uid}/${volume.name}`, tokenRetryMs);
    });
  }

  async #writeIfWanted(entry: MountedPod, volume: Volume): Promise<void> {
    // A change may come with the pod's own end, and be told first: then it is no reason to fetch anything again.
    await Promise.resolve();
    const { namespace = '', name, uid } = entry.pod.metadata;
    if (this.#pods.get(uid) !== entry) return;
    // Its first write is still to come, into a directory still to be made, and will read what is newest then.
    if (!entry.writing.has(volume.name)) return;
    if (this.#options.store.pod(namespace, name)?.metadata.uid === uid) await this.#write(entry, volume);
  }

  #scheduleToken(key: string, answer: TokenRequest): void {
    const expiryMs = Date.parse(String(answer.status?.expirationTimestamp ?? ''));
    const nowMs = this.#options.clock.now();
    const lifeMs = (answer.spec?.expirationSeconds ?? 3_600) * 1_000;
    const dueMs = Number.isNaN(expiryMs) ? nowMs + lifeMs : expiryMs - lifeMs * (1 - refreshShare);
    this.#dueAt(key, Math.max(tokenRetryMs, dueMs - nowMs));
  }

  #dueAt(key: string, inMs: number): void {
    this.#tokenDueMs.set(key, this.#options.clock.now() + inMs);
    this.#armTimer();
  }

  #armTimer(): void {
    this.#timer?.cancel();
    const next = Math.min(...this.#tokenDueMs.values());
    if (!Number.isFinite(next)) return;
    const { clock } = this.#options;
    this.#timer = clock.after(Math.max(0, next - clock.now()), () => this.#refreshTokens());
  }

  #refreshTokens(): void {
    const nowMs = this.#options.clock.now();
    for (const [key, dueMs] of this.#tokenDueMs) {
      if (dueMs > nowMs) continue;
      this.#tokenDueMs.delete(key);
      const entry = this.#pods.get(key.split('/')[0] ?? '');
      const volume = specOf(entry?.pod ?? {}).volumes?.find(({ name }) => key.endsWith(`/${name}`));
      if (entry && volume) this.#refresh(entry, volume);
    }
    this.#armTimer();
  }
}

function pluginOf(volume: Volume): string {
  if (volume.emptyDir) return 'empty-dir';
  if (volume.configMap) return 'configmap';
  if (volume.secret) return 'secret';
  if (volume.downwardAPI) return 'downward-api';
  if (volume.projected) return 'projected';
  throw new Fault('edged/volume-source', 'no volume plugin matched');
}

/** Secrets never reach the disk of the machine. */
function keptInMemory(volume: Volume): boolean {
  return volume.secret !== undefined || volume.projected !== undefined;
}

function mountFailed(volume: Volume, reason: unknown): Fault {
  const cause = describeError(reason);
  const message =
    cause === 'no volume plugin matched'
      ? `Unable to attach or mount volumes: unmounted volumes=[${volume.name}], unattached volumes=[], failed to process volumes=[${volume.name}]: failed to get Plugin from volumeSpec for volume "${volume.name}" err=no volume plugin matched`
      : `MountVolume.SetUp failed for volume "${volume.name}" : ${cause}`;
  return new Fault('edged/mount-failed', message, { cause: reason, retryable: true });
}
