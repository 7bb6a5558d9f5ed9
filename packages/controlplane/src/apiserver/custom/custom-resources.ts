// Serves what CustomResourceDefinitions define: registers their versions, says so in their status, and clears up after them.

import { describeError, type Logger } from '@selvedge/base';
import { isJsonObject, type KubeObject } from '@selvedge/kubernetes';
import type { User } from '../authentication/user.ts';
import type { ApiContext } from '../context.ts';
import { metaOf, timestamp } from '../object-meta.ts';
import { updateObject } from '../object-writer.ts';
import { cleanupFinalizer } from '../registry/custom-resource-definitions.ts';
import type { Resource } from '../registry/resource.ts';
import { customResourcesOf, type DefinitionSpec } from './custom-definition.ts';
import { cleanUpDefinition } from './definition-cleanup.ts';

const collection = 'customresourcedefinitions.apiextensions.k8s.io';
const server: User = { name: 'system:apiserver', groups: ['system:masters'] };
const asServer = { user: server, fieldManager: 'kube-apiserver', subresource: 'status' };

interface Definition extends KubeObject {
  spec?: DefinitionSpec;
  status?: { conditions?: readonly { type: string; status: string }[]; storedVersions?: readonly string[] };
}

export class CustomResources implements AsyncDisposable {
  readonly #context: ApiContext;
  readonly #logger: Logger;
  readonly #working = new Set<Promise<void>>();
  /** Ends the watch over the objects of each kind whose definition is being deleted. */
  readonly #leaving = new Map<string, () => void>();
  readonly #stop: () => void;

  constructor(context: ApiContext) {
    this.#context = context;
    this.#logger = context.logger.with({ part: 'custom-resources' });
    const definitions = context.store.collection(collection);
    const started = definitions.watch(context.store.revision, ({ key, entry }) => {
      if (entry) this.#serve(parse(entry.value));
      else this.#forget(key);
    });
    this.#stop = started.kind === 'watching' ? () => started.stop() : () => undefined;
    const listed = definitions.list({ prefix: '' });
    if (listed.kind === 'entries') for (const { value } of listed.entries) this.#serve(parse(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    for (const stop of this.#leaving.values()) stop();
    await Promise.all(this.#working);
  }

  #serve(definition: Definition): void {
    const { name = '', deletionTimestamp, finalizers } = metaOf(definition);
    if (!definition.spec) return;
    const kinds = customResourcesOf(definition.spec);
    this.#context.registry.setCustom(name, kinds);
    if (deletionTimestamp) {
      if (finalizers?.includes(cleanupFinalizer)) this.#cleanUp(name, kinds[0]);
      return;
    }
    const established = definition.status?.conditions?.some(
      (one) => one.type === 'Established' && one.status === 'True',
    );
    if (!established) this.#run(`establish ${name}`, () => this.#establish(name));
  }

  /** Now, and again whenever an object of the kind has gone. */
  #cleanUp(name: string, kind: Resource | undefined): void {
    const definitions = this.#definitions();
    if (!definitions || this.#leaving.has(name)) return;
    const { store } = this.#context;
    const cleanup = { context: this.#context, definitions, kind, name, options: asServer };
    const work = () => this.#run(`clean up ${name}`, () => cleanUpDefinition(cleanup));
    const watched = kind && store.collection(kind.collection);
    const started = watched?.watch(store.revision, ({ entry }) => {
      if (!entry) work();
    });
    this.#leaving.set(name, started?.kind === 'watching' ? () => started.stop() : () => undefined);
    work();
  }

  #definitions(): Resource | undefined {
    return this.#context.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  }

  async #establish(name: string): Promise<void> {
    const resource = this.#definitions();
    if (!resource) return;
    const lastTransitionTime = timestamp(this.#context.clock.now());
    const change = (old: KubeObject | undefined): KubeObject => {
      const { spec, status } = old as Definition;
      const stored = spec?.versions.find((version) => version.storage)?.name ?? '';
      const condition = (type: string, reason: string, message: string) => ({
        type,
        status: 'True',
        lastTransitionTime,
        reason,
        message,
      });
      return {
        ...old,
        status: {
          conditions: [
            condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
            condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
          ],
          acceptedNames: spec?.names,
          storedVersions: [...new Set([...(status?.storedVersions ?? []), stored])],
        },
      };
    };
    const request = { resource, namespace: '', name, change };
    await updateObject(this.#context, request, asServer);
  }

  #forget(name: string): void {
    this.#context.registry.setCustom(name, []);
    this.#leaving.get(name)?.();
    this.#leaving.delete(name);
  }

  #run(what: string, work: () => Promise<void>): void {
    const running = work().catch((error: unknown) =>
      this.#logger.warn('custom resource definition', { what, error: describeError(error) }),
    );
    this.#working.add(running);
    void running.finally(() => this.#working.delete(running));
  }
}

function parse(value: Uint8Array): Definition {
  const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
  return isJsonObject(parsed) ? (parsed as Definition) : {};
}
