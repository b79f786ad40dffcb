import { decodePercent } from '../lib/percent'

// The login in an address as node:http takes it. From an address it would take it itself, and throw at a stray %.
export const loginOf = ({ username, password }: URL): { readonly auth?: string } =>
  username === '' && password === '' ? {} : { auth: `${decodePercent(username)}:${decodePercent(password)}` }

// An address to ask, or to hand on: whoever takes it brings the login that it needs. What a server never gets to see, the fragment, is left
// out too.
export const withoutLogin = (url: URL): URL => {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare
}
