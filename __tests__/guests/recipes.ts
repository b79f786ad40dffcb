import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// How one cached file is made: bash SCRIPT RESULT [output of `from`] ARGUMENT…, in a folder of its own.
export interface Recipe {
  readonly about: string
  readonly script: string
  readonly from?: string // another recipe
  readonly args: readonly string[]
  readonly files: readonly string[] // what the script reads besides: files and folders
  readonly extension: 'tar' | 'qcow2'
}

// Each fault is one or two shell fragments whose first line says what is broken.
const faults = (folder: string): ReadonlyMap<string, readonly string[]> => {
  const names = [...new Set(readdirSync(folder).map((file) => file.replace(/\..*/, '')))]
  return new Map(
    names.map((name) => [
      name,
      readdirSync(folder)
        .filter((file) => file.startsWith(`${name}.`))
        .map((file) => join(folder, file)),
    ]),
  )
}

const firstComment = (file: string): string => readFileSync(file, 'utf8').split('\n')[0]?.replace(/^# /, '') ?? ''

const tinyParts = ['disk.sh', 'tiny/init', 'tiny/root', 'tiny/sudo.c']

// Everything that `npm run guest` can make, by name. Reads the folder it is given, so that tests can give it another.
export const recipesIn = (folder: string): ReadonlyMap<string, Recipe> => {
  const at = (...paths: readonly string[]): string[] => paths.map((path) => join(folder, path))
  const tiny = (about: string, files: readonly string[], args: readonly string[]): Recipe => ({
    about,
    script: join(folder, 'tiny/build.sh'),
    from: 'tiny-packages',
    args,
    files: [...at(...tinyParts), ...files],
    extension: 'qcow2',
  })
  return new Map<string, Recipe>([
    ['tiny', tiny('a small Linux that boots in seconds and reads a NoCloud seed', [], [])],
    ...[...faults(join(folder, 'tiny/faults'))].map(
      ([name, files]) => [name, tiny(files[0] === undefined ? '' : firstComment(files[0]), files, [name])] as const,
    ),
    ['blank', { about: 'an empty disk of 64 MiB', script: join(folder, 'blank.sh'), args: [], files: [], extension: 'qcow2' }],
    [
      'tiny-packages',
      {
        about: 'the Debian packages that tiny is made of',
        script: join(folder, 'tiny/packages.sh'),
        args: [],
        files: [],
        extension: 'tar',
      },
    ],
  ])
}
