// Requests to a genuine kube-apiserver and its answers, as they were recorded: fixtures/kubernetes, one file per subject.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | null;
  readonly accept: string;
  /** The user in whose name it was sent. */
  readonly impersonate?: string;
  /** The bearer token; empty for none at all. The administrator's when absent. */
  readonly auth?: string;
}

export interface RecordedResponse {
  readonly status: number;
  readonly warning?: readonly string[];
  /** A watch's is the list of its events. */
  readonly body: unknown;
}

export interface Recorded {
  /** `05-patch/json`. */
  readonly name: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

const directory = join(import.meta.dirname, '../../../fixtures/kubernetes');
/** The one body that was too large to be kept. */
const tooLargeConfigMap = () =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big' },
    data: { a: 'x'.repeat(1_100_000) },
  });

export function readRecording(): Recorded[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.jsonl'));
  return files.sort().flatMap((file) => {
    const lines = readFileSync(join(directory, file), 'utf8').trimEnd().split('\n');
    return lines.map((line) => {
      const { case: title, request, response } = JSON.parse(line);
      const body = request.bodyNote ? tooLargeConfigMap() : request.body;
      return { name: `${file.replace('.jsonl', '')}/${title}`, request: { ...request, body }, response };
    });
  });
}
