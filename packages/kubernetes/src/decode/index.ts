// `@selvedge/kubernetes/decode`: from a request's JSON to an object of a known kind.

export {
  type Decoded,
  type DecodeOptions,
  decodeObject,
  strictDecodingError,
} from './decode-object.ts';
