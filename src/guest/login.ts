export interface Login {
  readonly user: string
  readonly auth: { readonly kind: 'key'; readonly privateKey: string } | { readonly kind: 'password'; readonly password: string }
}
