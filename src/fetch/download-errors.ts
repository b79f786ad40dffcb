import { JobError } from '../errors'
import { codeOf } from '../lib/error-code'
import { HttpStatusError, StalledError } from './http'
import { ProxyError } from './proxy'

// The body ended before its announced length.
export class CutShortError extends Error {
  constructor(
    readonly gotBytes: number,
    readonly ofBytes: number,
  ) {
    super(`the connection ended after ${gotBytes} of ${ofBytes} bytes`)
  }
}

// What comes now does not continue what came before: everything has to be fetched anew.
export class ChangedError extends Error {
  constructor() {
    super('the file changed on the server while it was fetched')
  }
}

const passingCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'HPE_INVALID_EOF_STATE',
])

const isTls = (code: string): boolean => /EPROTO|CERT|ERR_SSL|ERR_TLS|UNABLE_TO_|SELF_SIGNED|HOSTNAME_MISMATCH/.test(code)

// Whether another try may succeed.
export const mayPass = (error: unknown): boolean => {
  if (error instanceof HttpStatusError) return error.status >= 500 || error.status === 408 || error.status === 429
  if (error instanceof ProxyError) return error.status === undefined || error.status >= 500
  return error instanceof StalledError || error instanceof CutShortError || passingCodes.has(codeOf(error))
}

// Whether it was the server or the way to it, so that another server may do better.
export const isNetworkFailure = (error: unknown): boolean => {
  const code = codeOf(error)
  return error instanceof HttpStatusError || mayPass(error) || isTls(code) || code.startsWith('HPE_') || code.startsWith('ERR_HTTP')
}

const statusMeanings: Readonly<Record<number, string>> = {
  401: 'needs a login',
  403: 'may not be read',
  404: 'was not found',
  410: 'is gone',
  429: 'is asked for too often',
}

// The verdict on a download that failed for good: a server's plain no is the image's fault, everything else the infrastructure's.
export const downloadError = (error: unknown, shown: string): unknown => {
  if (error instanceof JobError) return error
  // To http a proxy answers itself.
  const proxyNeedsLogin = error instanceof HttpStatusError && error.status === 407
  if (error instanceof ProxyError || proxyNeedsLogin) {
    const why = proxyNeedsLogin ? 'a proxy on the way needs a login (HTTP 407)' : error.message
    return new JobError('infra-error', `download of ${shown} failed: ${why}`, {
      hint: 'Check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names the hosts that are reached without one.',
      cause: error,
    })
  }
  if (error instanceof HttpStatusError && !mayPass(error)) {
    return new JobError('image-error', `${shown} ${statusMeanings[error.status] ?? 'was refused'} (HTTP ${error.status})`, {
      hint:
        error.status === 401
          ? 'Check the address and the login: IMAGE_TEST_AUTH is sent to the host that the job names, netrc to those that it lists, both over https only.'
          : 'Check the address; images of releases that ended are moved to an archive, and links with a signature expire.',
      cause: error,
    })
  }
  const code = codeOf(error)
  if (isTls(code)) {
    return new JobError('infra-error', `download of ${shown} failed: the server's certificate or TLS is not accepted (${code})`, {
      hint: 'Check the date of this machine, the address, and whether a proxy is in between; NODE_EXTRA_CA_CERTS adds a certificate.',
      cause: error,
    })
  }
  if (mayPass(error) || error instanceof ChangedError || code.startsWith('HPE_') || code.startsWith('ERR_HTTP')) {
    return new JobError('infra-error', `download of ${shown} failed: ${words(error, code)}`, {
      hint: 'The server or the network failed, not the image: run the job again, or use another mirror.',
      cause: error,
    })
  }
  return error
}

const codeMeanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at that address (ECONNREFUSED)',
  ENOTFOUND: 'there is no such host name (ENOTFOUND)',
  EAI_AGAIN: 'host names cannot be looked up (EAI_AGAIN)',
  ECONNRESET: 'the connection broke (ECONNRESET)',
  ETIMEDOUT: 'the server does not answer (ETIMEDOUT)',
}

// Not the error's own text when it has a code: that text may repeat the address.
export const words = (error: unknown, code = codeOf(error)): string => {
  if (error instanceof HttpStatusError) {
    const meaning = statusMeanings[error.status]
    return meaning === undefined ? error.message : `it ${meaning} (${error.message})`
  }
  if (code !== '') return codeMeanings[code] ?? code
  return error instanceof Error ? error.message : String(error)
}
