export interface Login {
  readonly user: string
  // otherKey: of another kind, for a server that does not take the first
  readonly auth:
    | { readonly kind: 'key'; readonly privateKey: string; readonly otherKey?: string }
    | { readonly kind: 'password'; readonly password: string }
}
