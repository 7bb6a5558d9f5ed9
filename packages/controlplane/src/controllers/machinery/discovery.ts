// Which resource types the API server has: what namespace deletion and garbage collection must know of, custom ones included.

import { describeError } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import type { ResourceType } from '@selvedge/kubernetes';

export interface DiscoveredType extends ResourceType {
  readonly verbs: ReadonlySet<string>;
}

export interface Discovery {
  readonly types: readonly DiscoveredType[];
  /** Group versions that could not be asked about. */
  readonly failures: readonly string[];
}

interface GroupList {
  readonly groups?: readonly { readonly preferredVersion?: { readonly groupVersion: string } }[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

/** The preferred version of every group. */
export async function discoverTypes(client: KubeClient): Promise<Discovery> {
  const { groups = [] } = (await client.raw('GET', '/apis')) as GroupList;
  const named = groups.flatMap((group) => group.preferredVersion?.groupVersion ?? []);
  const failures: string[] = [];
  const types = await Promise.all(
    ['v1', ...named].map(async (groupVersion) => {
      try {
        return await typesOf(client, groupVersion);
      } catch (error) {
        // A group that went away between the two questions is no failure.
        if (!isApiFault(error, 'NotFound')) failures.push(`${groupVersion}: ${describeError(error)}`);
        return [];
      }
    }),
  );
  return { types: types.flat(), failures };
}

async function typesOf(client: KubeClient, groupVersion: string): Promise<DiscoveredType[]> {
  const [first = '', second] = groupVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const path = group === '' ? `/api/${version}` : `/apis/${groupVersion}`;
  const { resources = [] } = (await client.raw('GET', path)) as ResourceList;
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs = [] }) => ({
      group,
      version,
      resource: name,
      kind,
      namespaced,
      verbs: new Set(verbs),
    }));
}
