import { decodePercent } from '../lib/percent'

// The login in an address as node:http takes it. From an address it would take it itself, and throw at a stray %.
export const loginOf = ({ username, password }: URL): { readonly auth?: string } =>
  username === '' && password === '' ? {} : { auth: `${decodePercent(username)}:${decodePercent(password)}` }

export const withoutLogin = (url: URL): URL => {
  const other = new URL(url)
  other.username = ''
  other.password = ''
  return other
}
