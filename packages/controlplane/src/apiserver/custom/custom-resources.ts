// Serves what CustomResourceDefinitions define: registers their versions, says so in their status, and clears up after them.

import { describeError, type Logger } from '@selvedge/base';
import { isJsonObject, type KubeObject } from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import type { User } from '../authentication/user.ts';
import type { ApiContext } from '../context.ts';
import { metaOf, timestamp } from '../object-meta.ts';
import { updateObject } from '../object-writer.ts';
import { customResourcesOf, type DefinitionSpec } from './custom-definition.ts';

const collection = 'customresourcedefinitions.apiextensions.k8s.io';
const server: User = { name: 'system:apiserver', groups: ['system:masters'] };

interface Definition extends KubeObject {
  spec?: DefinitionSpec;
  status?: { conditions?: readonly { type: string; status: string }[]; storedVersions?: readonly string[] };
}

export class CustomResources implements AsyncDisposable {
  readonly #context: ApiContext;
  readonly #logger: Logger;
  readonly #working = new Set<Promise<void>>();
  readonly #stop: () => void;

  constructor(context: ApiContext) {
    this.#context = context;
    this.#logger = context.logger.with({ part: 'custom-resources' });
    const definitions = context.store.collection(collection);
    const started = definitions.watch(context.store.revision, ({ key, previous, entry }) => {
      if (entry) this.#serve(parse(entry.value));
      else if (previous) this.#forget(key, parse(previous.value));
    });
    this.#stop = started.kind === 'watching' ? () => started.stop() : () => undefined;
    const listed = definitions.list({ prefix: '' });
    if (listed.kind === 'entries') for (const { value } of listed.entries) this.#serve(parse(value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await Promise.all(this.#working);
  }

  #serve(definition: Definition): void {
    const { name = '' } = metaOf(definition);
    if (!definition.spec) return;
    this.#context.registry.setCustom(name, customResourcesOf(definition.spec));
    const established = definition.status?.conditions?.some(
      (one) => one.type === 'Established' && one.status === 'True',
    );
    if (!established) this.#run(`establish ${name}`, () => this.#establish(name));
  }

  async #establish(name: string): Promise<void> {
    const resource = this.#context.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
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
    await updateObject(this.#context, request, {
      user: server,
      fieldManager: 'kube-apiserver',
      subresource: 'status',
    });
  }

  #forget(name: string, definition: Definition): void {
    this.#context.registry.setCustom(name, []);
    const objects = definition.spec && `${definition.spec.names.plural}.${definition.spec.group}`;
    if (objects) this.#run(`clear ${name}`, () => clear(this.#context.store, objects));
  }

  #run(what: string, work: () => Promise<void>): void {
    const running = work().catch((error: unknown) =>
      this.#logger.warn('custom resource definition', { what, error: describeError(error) }),
    );
    this.#working.add(running);
    void running.finally(() => this.#working.delete(running));
  }
}

/** Objects of a kind that is no more go with it. */
async function clear(store: Store, name: string): Promise<void> {
  const listed = store.collection(name).list({ prefix: '' });
  if (listed.kind !== 'entries') return;
  const removals = [...listed.entries].map(({ key, revision }) =>
    store.write({ collection: name, key, expectedRevision: revision, build: () => undefined }),
  );
  await Promise.all(removals);
}

function parse(value: Uint8Array): Definition {
  const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
  return isJsonObject(parsed) ? (parsed as Definition) : {};
}
