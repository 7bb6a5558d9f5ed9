// The public face of the kubernetes package: object types, resource names, selectors, quantities. Pure.

export * from './object.ts';
export { apiVersionOf, groupResource, type ResourceType, resources } from './resource.ts';
