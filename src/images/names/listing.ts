import { JobError } from '../../errors'
import { fetchTextIfThere } from './metadata'
import { jsonList, record, jsonText } from './json'
import type { Lookup } from './name-source'

// The names of files and folders in a folder of a web server, folders without the slash at their end; undefined when there is no such
// folder. Servers list them as links of a page; openSUSE's also as JSON.
export const listFolder = async (folder: URL, lookup: Lookup): Promise<readonly string[] | undefined> => {
  const page = await fetchTextIfThere(new URL(`${folder.href.replace(/\/*(\?.*)?$/, '')}/${folder.search}`), lookup)
  if (page === undefined) return undefined
  const names = page.trimStart().startsWith('{') ? namesInJson(page) : namesInHtml(page, folder.pathname.replace(/\/*$/, '/'))
  return [...new Set(names)]
}

// The same for what can be done without: undefined as well when the server does not answer at the first try.
export const listFolderOnce = async (folder: URL, lookup: Lookup): Promise<readonly string[] | undefined> => {
  const { network } = lookup
  try {
    return await listFolder(folder, { ...lookup, network: { ...network, limits: { ...network.limits, failuresInARow: 1 } } })
  } catch (error) {
    network.signal.throwIfAborted()
    if (error instanceof JobError) return undefined
    throw error
  }
}

const namesInHtml = (page: string, path: string): readonly string[] =>
  [...page.matchAll(/\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].flatMap(([, double, single]) => {
    const target = (double ?? single ?? '').replaceAll('&amp;', '&').replace(/[?#].*$/s, '')
    const name = (target.startsWith(path) ? target.slice(path.length) : target.replace(/^\.\//, '')).replace(/\/$/, '')
    return usable(name)
  })

const namesInJson = (page: string): readonly string[] => {
  try {
    return jsonList(record(JSON.parse(page))['data']).flatMap((entry) => usable((jsonText(record(entry)['name']) ?? '').replace(/\/$/, '')))
  } catch {
    return []
  }
}

// A name is never a way to somewhere else.
const usable = (written: string): readonly string[] => {
  try {
    const name = decodeURIComponent(written)
    return /^[\w.+~-]+$/.test(name) && !/^\.+$/.test(name) ? [name] : []
  } catch {
    return []
  }
}
