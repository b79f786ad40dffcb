// Something to keep that is no image: notes of a few files each, by a word.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keepOnce, type Keeping, type KeptThing } from '../../../../src/host/kept/keep'
import { isKeptFile, type KeptFile } from '../../../../src/host/kept/file'
import { prepareShelf, type KeptKind, type Shelf } from '../../../../src/host/kept/shelf'
import type { Taking } from '../../../../src/host/kept/take'

export interface Note {
  readonly about: string // the key
  readonly signed: boolean
}

export const noteKind: KeptKind<Note> = {
  isKey: (name) => /^note-[a-z]+$/.test(name),
  fileName: (index) => `page${index}`,
  fileWord: 'page',
  toJson: ({ about, files }) => ({ ...about, pages: files }),
  fromJson: (written) => {
    const { about, signed, pages } = written as Note & { readonly pages: readonly KeptFile[] }
    return typeof about === 'string' && pages.every(isKeptFile) ? { about: { about, signed }, files: pages } : undefined
  },
}

export const notesIn = (dir: string): Shelf<typeof noteKind> => ({ dir, kind: noteKind })

export const { signal } = new AbortController()

// The pages' paths of a note.
export const asking = (key: string, signed = false): Taking<Note, readonly string[]> => ({
  key,
  signal,
  accept: (note) => (note.about !== key ? { damaged: 'it is about something else' } : signed && !note.signed ? 'unproven' : 'accepted'),
  open: ({ files }) => files.map(({ path }) => path),
})

export const written = (dir: string, texts: readonly string[]): readonly { readonly path: string }[] =>
  texts.map((text, index) => {
    const path = join(dir, 'own', `${index}.txt`)
    mkdirSync(join(dir, 'own'), { recursive: true })
    writeFileSync(path, text)
    return { path }
  })

type Given = Partial<Keeping<Note, readonly string[]>> & { readonly texts?: readonly string[]; readonly signed?: boolean }

// Keeps a note as its user does.
export const keepNote = async (
  dir: string,
  key: string,
  { texts = ['one', 'two'], signed, ...given }: Given = {},
): Promise<KeptThing<readonly string[]> | 'unproven'> => {
  await prepareShelf(notesIn(dir), key, signal)
  return keepOnce(notesIn(dir), {
    ...asking(key, signed),
    maxBytes: 1024 ** 3,
    make: (folder) => Promise.resolve({ about: { about: key, signed: false }, files: written(folder, texts) }),
    onWait: () => undefined,
    onDamaged: () => undefined,
    ...given,
  })
}

// Where a process that keeps a note may be when it is killed.
export const steps = ['told of damage', 'began', 'made the first file', 'made all files', 'wrote no record yet', 'has its name'] as const
export type Step = (typeof steps)[number]
