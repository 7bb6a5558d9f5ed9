// `@selvedge/kubernetes/openapi`: OpenAPI v3 documents made from the schema table, and v2 made from those.

export { type Describe, describeFrom, type TypeDescription } from './descriptions.ts';
export {
  groupVersionPath,
  type OpenApiOptions,
  type OpenApiResource,
  openApiDocument,
  openApiIndex,
} from './document.ts';
export { swaggerDocument } from './swagger-document.ts';
export { encodeSwagger } from './swagger-protobuf.ts';
