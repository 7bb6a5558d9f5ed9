// The tables of the node's store, and the steps that bring an older store to this version.

/** Each step runs once, in order, in one transaction; a released step is never edited, a new one is appended. */
export const schemaSteps: readonly string[] = [
  `
  CREATE TABLE object (
    type TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    resource_version TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (type, namespace, name)
  ) WITHOUT ROWID;
  CREATE TABLE pod_status (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (namespace, name)
  ) WITHOUT ROWID;
  CREATE TABLE pod_deletion (
    uid TEXT NOT NULL PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    confirmed_at INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE token (
    key TEXT NOT NULL PRIMARY KEY,
    pod_uid TEXT NOT NULL,
    namespace TEXT NOT NULL,
    service_account TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    request TEXT NOT NULL,
    content TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    content TEXT NOT NULL
  );
  CREATE TABLE state (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
];

/** Columns that hold JSON, by table. */
export const jsonColumns = [
  ['object', 'content'],
  ['pod_status', 'content'],
  ['token', 'request'],
  ['token', 'content'],
  ['event', 'content'],
] as const;
