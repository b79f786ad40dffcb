// `npm test`: unit tests, then end-to-end tests on real guests; ends with one line, `N passed, N failed`.
import { ensureQemu } from '../src/machines/qemu/install'
import { runProjects } from './vitest'

// Unit tests look at images that the real qemu-img makes.
await ensureQemu({ signal: new AbortController().signal, onProgress: (text) => void process.stderr.write(`${text}\n`) })
process.exitCode = runProjects(['unit', 'e2e']) ? 0 : 1
