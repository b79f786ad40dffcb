import { access, constants, readlink, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JobError } from '../../errors'
import { codeOf } from '../../lib/error-code'
import { glob, isGlob } from './glob'
import { describeNearby, looksLikeImage } from './nearby'
import type { Source } from '../resolved'
import { printable, shownUrl, urlFileName } from '../../lib/shown'

export interface SourceSurroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly otherwise: () => JobError | undefined // what is wrong with a text that names no file
}

const pathHint = 'Paths are relative to the working folder. Give the path of a file, a pattern that matches one file, or a URL.'

const imageError = (message: string, cause?: unknown): JobError => new JobError('image-error', message, { hint: pathHint, cause })

export const sourceAt = (url: URL): Source => ({ kind: 'url', url, name: urlFileName(url), shown: shownUrl(url) })

const ofUrl = (text: string): Source | string => {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // Without its cause, which repeats the whole address with its password.
    throw new JobError('config-error', 'the image is not a valid URL', { hint: 'Check the address for blanks and stray characters.' })
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') return sourceAt(url)
  if (url.protocol === 'file:') {
    try {
      return fileURLToPath(url)
    } catch {
      throw imageError('this file:// address does not name a file on this machine; it takes the form file:///path/to/image')
    }
  }
  throw new JobError('config-error', `images cannot be fetched by ${printable(url.protocol)}//`, {
    hint: 'Use http://, https:// or file://, or the path of a file.',
  })
}

const ofFile = async (path: string, shown: string, cwd: string): Promise<Source | undefined> => {
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
      throw imageError(`${shown} cannot be read: ${String(error.code)}`, error)
    return undefined
  })
  if (found === undefined) return undefined
  if (found.isDirectory()) throw imageError(`${shown} is a folder, not an image; ${await describeNearby(join(path, 'image'), cwd)}`)
  if (!found.isFile()) throw imageError(`${shown} is a device, socket or pipe, not a file`)
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw imageError(`${shown} cannot be read: no permission`, error)
  })
  return { kind: 'file', path, name: basename(path), shown }
}

// Finds what an image's source names: a file, a pattern that matches exactly one, or a URL. Fetches nothing.
// image-error: there is no such file, or there are several. config-error: this kind of source is not supported.
export const resolveSource = async (text: string, { cwd, env, otherwise }: SourceSurroundings): Promise<Source> => {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? ofUrl(text) : text
  if (typeof written !== 'string') return written
  const home = env['HOME']
  const expanded = written.startsWith('~/') && home !== undefined ? join(home, written.slice(2)) : written
  const path = resolve(cwd, expanded)
  const shown = printable(written, 300)
  const file = await ofFile(path, shown, cwd)
  if (file !== undefined) return file
  const wrong = otherwise()
  if (wrong !== undefined) throw wrong
  if (isGlob(written)) {
    const matches = await glob(expanded, cwd)
    if (matches.length === 0) throw imageError(`no file matches ${shown}; ${await describeNearby(path, cwd)}`)
    const leading = await Promise.all(matches.map(leadsSomewhere))
    const files = matches.filter((_match, index) => leading[index])
    const [only, ...others] = files
    if (only === undefined) throw imageError(`nothing matches ${shown} but links that lead nowhere: ${listed(matches, cwd)}`)
    if (others.length > 0) throw imageError(`${files.length} files match ${shown}: ${listed(files, cwd)}`)
    const name = printable(relative(cwd, only), 300)
    return (await ofFile(only, name, cwd)) ?? missing(only, name, cwd)
  }
  return missing(path, shown, cwd)
}

// A link whose target was removed, as by a build, is no image, and no reason not to take the image beside it.
const leadsSomewhere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error)),
  )

// As with what is nearby, nothing but images is told of what lies elsewhere.
const listed = (paths: readonly string[], cwd: string): string => {
  const told = paths.filter((path) => !relative(cwd, path).startsWith('..') || looksLikeImage(path))
  const names = told.slice(0, 5).map((path) => printable(relative(cwd, path)))
  return [...names, ...(paths.length > names.length ? ['…'] : [])].join(', ')
}

const missing = async (path: string, shown: string, cwd: string): Promise<never> => {
  const link = await readlink(path).catch(() => undefined)
  if (link !== undefined) throw imageError(`${shown} is a link that leads nowhere: to ${printable(link, 300)}`)
  throw imageError(`there is no file ${shown}; ${await describeNearby(path, cwd)}`)
}
