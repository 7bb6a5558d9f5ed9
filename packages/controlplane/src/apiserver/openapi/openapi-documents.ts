// The OpenAPI documents of what is served; each is made when it is first asked for, and anew when CRDs come or go.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type Describe,
  describeFrom,
  encodeSwagger,
  groupVersionPath,
  type OpenApiResource,
  openApiDocument,
  openApiIndex,
  swaggerDocument,
} from '@selvedge/kubernetes/openapi';
import type { Registry } from '../registry/registry.ts';
import type { ResourceSchemas } from '../registry/resource-schemas.ts';
import { serverVersion } from '../version.ts';

/** Keeps the documents of the newest state of what is served. */
export class OpenApiDocuments {
  readonly #registry: Registry;
  readonly #schemas: ResourceSchemas;
  readonly #describe: Describe = describeFrom(readDescriptions());
  readonly #documents = new Map<string, Record<string, unknown>>();
  readonly #swagger = new Map<'json' | 'protobuf', Uint8Array>();
  #generation = -1;

  constructor(registry: Registry, schemas: ResourceSchemas) {
    this.#registry = registry;
    this.#schemas = schemas;
  }

  index(): object {
    return openApiIndex(this.#resources());
  }

  /** OpenAPI v2: one document of everything, as bytes, because it is large. */
  swagger(form: 'json' | 'protobuf'): Uint8Array {
    this.#forgetOutdated();
    const known = this.#swagger.get(form);
    if (known) return known;
    const paths = [...new Set(this.#resources().map(({ type }) => groupVersionPath(type)))].sort();
    const document = swaggerDocument(paths.map((path) => this.document(path) ?? {}));
    const bytes = form === 'protobuf' ? encodeSwagger(document) : Buffer.from(JSON.stringify(document));
    this.#swagger.set(form, bytes);
    return bytes;
  }

  document(path: string): Record<string, unknown> | undefined {
    this.#forgetOutdated();
    const known = this.#documents.get(path);
    if (known) return known;
    const resources = this.#resources().filter(({ type }) => groupVersionPath(type) === path);
    if (resources.length === 0) return undefined;
    const options = {
      definitions: this.#schemas.definitions,
      describe: this.#describe,
      serverVersion: serverVersion.gitVersion,
    };
    const document = openApiDocument(resources, options);
    this.#documents.set(path, document);
    return document;
  }

  #forgetOutdated(): void {
    if (this.#generation === this.#registry.generation) return;
    this.#documents.clear();
    this.#swagger.clear();
    this.#generation = this.#registry.generation;
  }

  #resources(): OpenApiResource[] {
    return [...this.#registry.all()].map((type) =>
      type.custom ? { type, customSchema: type.custom.schema } : { type },
    );
  }
}

/** The texts of `kubectl explain` come from the npm package that has them, where it is installed. */
function readDescriptions(): (file: string) => string | undefined {
  let directory: string;
  try {
    directory = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'));
  } catch {
    return () => undefined;
  }
  return (file) => {
    try {
      return readFileSync(join(directory, file), 'utf8');
    } catch {
      return undefined; // a group that the package does not have
    }
  };
}
