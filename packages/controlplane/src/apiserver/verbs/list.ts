// LIST: a consistent snapshot, in pages where asked, of what the selectors let through.

import type { Collection } from '../../store/collection.ts';
import type { Entry } from '../../store/types.ts';
import type { Answer } from '../api-request.ts';
import { decodeContinue, encodeContinue } from '../continue-token.ts';
import { type ListMeta, listAnswer } from '../output/list-answer.ts';
import { type ListOptions, readListOptions } from '../query-options.ts';
import { matches, type Selector } from '../selectors.ts';
import { refuse } from '../status-error.ts';
import { readSelector } from './selector.ts';
import type { VerbCall } from './target.ts';

export function listVerb(call: VerbCall): Answer {
  const { context, request, target } = call;
  const options = readListOptions(request.query, false);
  const selector = readSelector(target, options);
  const collection = context.store.collection(target.resource.collection);
  const prefix = target.namespace === '' ? '' : `${target.namespace}/`;
  const start = startOf(options, context.store.revision);
  if (start.revision > context.store.revision) throw tooLarge(start.revision, context.store.revision);
  const snapshot = start.revision === context.store.revision ? {} : { revision: start.revision };
  const listed = collection.list({
    prefix,
    ...(start.after === '' ? {} : { after: prefix + start.after }),
    ...snapshot,
  });
  if (listed.kind === 'compacted') throw expired(options, start, listed.compactedRevision);
  return answerPage(
    call,
    { options, selector, collection, prefix, revision: start.revision },
    listed.entries,
  );
}

interface Page {
  readonly options: ListOptions;
  readonly selector: Selector;
  readonly collection: Collection;
  readonly prefix: string;
  readonly revision: number;
}

function answerPage(call: VerbCall, page: Page, entries: Iterable<Entry>): Answer {
  const { options, selector, prefix } = page;
  const meta: { -readonly [Field in keyof ListMeta]: ListMeta[Field] } = {
    resourceVersion: String(page.revision),
  };
  const selective = selector.labels.length > 0 || selector.fields.length > 0;
  if (options.limit === 0) {
    return listAnswer(call, selective ? filter(entries, selector) : entries, meta);
  }
  const taken: Entry[] = [];
  let remaining = 0;
  for (const entry of entries) {
    if (taken.length < options.limit) {
      if (matches(selector, entry)) taken.push(entry);
      continue;
    }
    // Without selectors the rest is counted; with them it is enough to know that there is some.
    remaining++;
    if (selective) break;
  }
  if (remaining > 0) {
    const last = taken.at(-1)?.key.slice(prefix.length) ?? '';
    meta.continue = encodeContinue({ revision: page.revision, after: last });
    if (!selective) meta.remainingItemCount = remaining;
  }
  return listAnswer(call, taken, meta);
}

function* filter(entries: Iterable<Entry>, selector: Selector): Generator<Entry> {
  for (const entry of entries) if (matches(selector, entry)) yield entry;
}

interface Start {
  readonly revision: number;
  /** Only keys above this one, without the namespace's prefix. */
  readonly after: string;
}

function startOf(options: ListOptions, current: number): Start {
  const { resourceVersion = 0, resourceVersionMatch } = options;
  if (options.continueToken !== '') {
    const token = decodeContinue(options.continueToken);
    return { revision: token.revision > 0 ? token.revision : current, after: token.after };
  }
  const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === undefined && options.limit > 0);
  if (resourceVersion > 0 && (exact || resourceVersion > current))
    return { revision: resourceVersion, after: '' };
  return { revision: current, after: '' };
}

export function tooLarge(asked: number, current: number): Error {
  const message = 'Too large resource version';
  const causes = [{ reason: 'ResourceVersionTooLarge', message, field: '' }];
  return refuse.timeout(
    `${message}: ${asked}, current: ${current}`,
    causes.map(({ reason, message: text }) => ({ reason, message: text }) as (typeof causes)[number]),
  );
}

function expired(options: ListOptions, start: Start, compacted: number): Error {
  if (options.continueToken === '') {
    return refuse.gone(`The resourceVersion for the provided list is too old.`);
  }
  // The client may go on without consistency: what follows is listed as it is now.
  const token = encodeContinue({ revision: -1, after: start.after });
  return Object.assign(
    refuse.gone(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    ),
    { listMeta: { continue: token }, compacted },
  );
}
