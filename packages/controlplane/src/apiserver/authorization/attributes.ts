// What a request wants to do, as authorizers see it, and what they say of it.

export type Attributes =
  | {
      readonly kind: 'resource';
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'path'; readonly verb: string; readonly path: string };

export type Decision =
  | { readonly kind: 'allow'; readonly reason: string }
  | { readonly kind: 'no-opinion'; readonly reason: string };
