// Objects from the node's store, where there being none is an answer.

import { isFault } from '@selvedge/base';

export async function orMissing<T>(answer: Promise<unknown>): Promise<T | undefined> {
  try {
    return (await answer) as T;
  } catch (error) {
    if (isFault(error, 'metamanager/not-found')) return undefined;
    throw error;
  }
}
