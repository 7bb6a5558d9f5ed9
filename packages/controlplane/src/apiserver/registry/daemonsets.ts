// Daemon sets: an annotation counts how often their template has changed, which every pod of theirs carries as a label.

import { isDeepStrictEqual } from 'node:util';
import type { DaemonSet, KubeObject } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import type { Strategy } from './strategy.ts';

const templateGeneration = 'deprecated.daemonset.template.generation';

export const daemonSetStrategy: Strategy = {
  generation: true,
  status: true,
  prepareForCreate: (object) => setGeneration(object, Math.max(1, generationOf(object))),
  prepareForUpdate: (object, old, { subresource }) => {
    if (subresource !== '') return;
    const changed = !isDeepStrictEqual(templateOf(object), templateOf(old));
    setGeneration(object, generationOf(old) + (changed ? 1 : 0));
  },
};

function templateOf(object: KubeObject): unknown {
  return (object as DaemonSet).spec?.template;
}

function generationOf(object: KubeObject): number {
  const text = metaOf(object).annotations?.[templateGeneration] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function setGeneration(object: KubeObject, generation: number): void {
  const meta = metaOf(object);
  meta.annotations = { ...meta.annotations, [templateGeneration]: String(generation) };
}
