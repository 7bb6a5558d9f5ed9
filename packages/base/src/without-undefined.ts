// Leaves out of an object what is not set, so that it can be spread over defaults and written as JSON.

export function withoutUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
