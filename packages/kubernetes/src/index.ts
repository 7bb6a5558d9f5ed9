// The public face of the kubernetes package: object types, resource names, selectors, quantities. Pure.

export {
  type FieldError,
  type FieldErrorKind,
  fieldError,
  GoValue,
  invalidMessage,
  showValue,
} from './field-error.ts';
export { isLoopback } from './ip-address.ts';
export { cloneJson, equalJson, isJsonObject, type JsonObject } from './json.ts';
export {
  formatLabelSelector,
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  matchesLabels,
  meetsRequirement,
  type NodeRequirement,
  type ParsedLabelSelector,
  parseLabelSelector,
  requirementsOf,
  selectorMatches,
} from './label-selector.ts';
export {
  type Check,
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvironmentVariableName,
  isHttpHeaderName,
  isIpAddress,
  isLabelValue,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isUserOrGroupId,
  outOfRange,
  withoutTrailingDash,
} from './names.ts';
export { nodeLeaseNamespace } from './node-lease.ts';
export * from './object.ts';
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
  quantityMessage,
  quantityPattern,
  quantityToMilli,
  quantityToNumber,
} from './quantity.ts';
export { apiVersionOf, groupResource, type ResourceType, resources } from './resource.ts';
