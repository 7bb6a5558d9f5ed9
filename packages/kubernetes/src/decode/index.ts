// `@selvedge/kubernetes/decode`: from a request's JSON to an object of a known kind.

export { emptyAsNull } from './as-stored.ts';
export { conversionError } from './conversion-error.ts';
export { applySchemaDefaults, decodeCustomObject } from './decode-custom-object.ts';
export {
  type Decoded,
  type DecodeOptions,
  decodeObject,
  strictDecodingError,
} from './decode-object.ts';
export { maxJsonDepth, type ParsedJson, parseJson } from './parse-json.ts';
