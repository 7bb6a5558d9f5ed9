// The form of an answer that a client's Accept header asks for: whole objects, a Table, or metadata alone.

import { refuse } from '../status-error.ts';

export type OutputFormat = 'object' | 'table' | 'partial';

const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const maxAcceptLength = 4_096;

/** The first form of the Accept header that we have; refuses with 406 when there is none. */
export function readOutputFormat(accept: string | undefined): OutputFormat {
  if (!accept) return 'object';
  for (const clause of accept.slice(0, maxAcceptLength).split(',')) {
    const [mediaType = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (mediaType === 'application/yaml' && parameters.length === 0) return 'object';
    if (!isJson(mediaType)) continue;
    const as = parameters.find((one) => one.startsWith('as='))?.slice(3);
    if (as === undefined) return 'object';
    const group = parameters.find((one) => one.startsWith('g='))?.slice(2);
    if (group !== 'meta.k8s.io') continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'partial';
  }
  throw refuse.notAcceptable(offered);
}

function isJson(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType === 'application/*' || mediaType === '*/*';
}
