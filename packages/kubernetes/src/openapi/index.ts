// `@selvedge/kubernetes/openapi`: OpenAPI v3 documents made from the schema table.

export { type Describe, describeFrom, type TypeDescription } from './descriptions.ts';
export {
  groupVersionPath,
  type OpenApiOptions,
  type OpenApiResource,
  openApiDocument,
  openApiIndex,
} from './document.ts';
