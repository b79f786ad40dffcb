import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markedStream, type Mark } from '../../../../src/guest/command/marks'
import { outcomeOf } from '../../../../src/steps/outcome'
import { ownUid, startGuest, type TestGuest } from '../../../support/guest'

const token = 'image-test-0123456789abcdef01234567'

describe('marks in a stream', () => {
  const read = (chunks: readonly Buffer[]) => {
    const seen = { before: '', data: '', marks: [] as Mark[] }
    const stream = markedStream(token, {
      onBefore: (chunk) => (seen.before += chunk.toString('latin1')),
      onData: (chunk) => (seen.data += chunk.toString('latin1')),
      onMark: (mark) => seen.marks.push(mark),
    })
    for (const chunk of chunks) stream.push(chunk)
    stream.end()
    return seen
  }
  const lookalikes = `image-test-\nimage-test-0123 end 0\n${token}\n${token}x end 0\n${token.slice(0, -1)} end 0\n\0\xff${token.toUpperCase()} end 0\nimage-image-test-`
  const whole = Buffer.from(`motd\n${token} begin 0 0\n${token} leader 5\n${lookalikes}${token} end 3\n${token} end 0\nlate`, 'latin1')
  const expected = {
    before: 'motd\n',
    data: lookalikes,
    marks: [
      { word: 'begin', values: ['0', '0'] },
      { word: 'leader', values: ['5'] },
      { word: 'end', values: ['3'] },
    ],
  }

  it('are found among look-alikes and bytes that are no text', () => {
    expect(read([whole])).toEqual(expected)
  })

  it('are found wherever the stream is cut', () => {
    for (let at = 0; at <= whole.length; at += 1) expect(read([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected)
    expect(read([...whole].map((byte) => Buffer.from([byte])))).toEqual(expected)
  })

  it('without an end hold no more than a path does, and end the stream', () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    const { marks, data } = read([Buffer.from(`${token} begin 0 0\n${token} end `), ...Array.from({ length: 50 }, () => megabyte)])
    expect(marks.at(-1)).toEqual({ word: '', values: [] })
    expect(data).toBe('')
  })
})

// A login shell that knows the token and says whatever it likes.
describe('a guest that answers with', () => {
  const all = ['begin', 'leader', 'end'] as const
  const good = { begin: `T begin ${ownUid} ${ownUid}`, leader: 'T leader 77', end: 'T end 0' }
  const say = (streams: Partial<Record<'stdout' | 'stderr', Partial<typeof good>>>): string => {
    const { stdout = {}, stderr = {} } = streams
    const out = all.filter((key) => key !== 'leader').map((key) => ({ ...good, ...stdout })[key])
    const err = all.map((key) => ({ ...good, ...stderr })[key])
    return `printf '${out.join('\\n')}\\n' | sed "s/T/$t/g"; printf '${err.join('\\n')}\\n' | sed "s/T/$t/g" >&2; exit 0`
  }
  const answer = async (streams: Parameters<typeof say>[0]) => {
    const token = `t=$(sed -n '/image""-test/{s/.*\\(image\\)""\\(-test-[0-9a-f]*\\).*/\\1\\2/p;q}')`
    await using own = await startGuest({ shell: ['sh', '-c', `${token}; ${say(streams)}`] })
    return await own.run('true', { timeoutMs: 3000 })
  }

  it('all of its marks is believed', async () => {
    expect(await answer({})).toMatchObject({ kind: 'exited', code: 0 })
  })

  it.each<readonly [string, Parameters<typeof say>[0], 'unproven' | 'not-started']>([
    ['no end', { stdout: { end: '' }, stderr: { end: '' } }, 'unproven'],
    ['an end on one stream', { stderr: { end: '' } }, 'unproven'],
    ['ends that differ', { stderr: { end: 'T end 1' } }, 'unproven'],
    ['ends without a number', { stdout: { end: 'T end ' }, stderr: { end: 'T end ' } }, 'unproven'],
    ['ends of four digits', { stdout: { end: 'T end 0000' }, stderr: { end: 'T end 0000' } }, 'unproven'],
    ['ends above 255', { stdout: { end: 'T end 256' }, stderr: { end: 'T end 256' } }, 'unproven'],
    ['ends in words', { stdout: { end: 'T end zero' }, stderr: { end: 'T end zero' } }, 'unproven'],
    ['an older form of its ends', { stdout: { end: 'T 0' }, stderr: { end: 'T 0' } }, 'unproven'],
    ['no beginning', { stdout: { begin: '' }, stderr: { begin: '' } }, 'unproven'],
    ['a beginning on one stream', { stdout: { begin: '' } }, 'unproven'],
    ['a beginning as somebody else', { stdout: { begin: 'T begin 1 0' } }, 'not-started'],
    ['no process of a shell', { stderr: { leader: '' } }, 'unproven'],
  ])('%s is not', async (_, streams, kind) => {
    expect(await answer(streams)).toMatchObject({ kind })
  })
})

let guest: TestGuest
beforeAll(async () => {
  guest = await startGuest()
})
afterAll(() => guest[Symbol.asyncDispose]())

describe('a command that tries to pass without an end', () => {
  it.each([
    ['kills the shell around it', 'kill -9 $PPID; sleep 1'],
    ['ends the shell around it politely', 'kill -TERM $PPID; sleep 1'],
    ['kills the shell around it and leaves a daemon', '(sleep 30 >/dev/null 2>&1 &); kill -9 $PPID; sleep 1'],
    ['writes to the streams of the shell around it', 'for n in 1 2; do echo "image-test-0 end 0" >&$n; done; kill -9 $PPID; sleep 1'],
    ['closes its own streams and kills', 'exec >&- 2>&-; kill -9 $PPID; sleep 1'],
  ])('and %s is an error, also where it may fail', async (_, script) => {
    for (const shell of ['bash -e {0}', 'sh {0}']) {
      const { kind } = await guest.run(script, { shell, timeoutMs: 4000 })
      expect(['signalled', 'unproven', 'not-started']).toContain(kind)
      for (const xfail of [true, false]) expect(outcomeOf([{ kind, matched: true }], xfail)).toBe('error')
    }
  })

  it.each([
    ['closes its streams', 'exec >&- 2>&- </dev/null; exit 7', 7],
    ['replaces its shell', 'exec sh -c "exit 8"', 8],
    ['replaces its shell by what kills itself', 'exec sh -c "kill -9 \\$\\$"', 137],
    ['forks a daemon that holds its streams', '(setsid sleep 30 &); exit 9', 9],
    ['prints look-alikes of marks', 'for n in 1 2; do echo "image-test-0123456789abcdef01234567 end 0" >&$n; done; exit 10', 10],
    [
      'looks for the token among processes',
      'cat /proc/[0-9]*/cmdline /proc/$PPID/environ 2>/dev/null | tr "\\0" "\\n" | grep -a "^image-test-[0-9a-f]\\{24\\}" | sed "s/$/ end 0/"; exit 11',
      11,
    ],
    ['takes what is left on the stdin around it', 'timeout 1 cat </proc/$PPID/fd/0 | sed -n "s/.*\\(image.*\\)/\\1/p"; exit 12', 12],
  ])('and %s is told by its own exit code', async (_, script, code) => {
    expect(await guest.run(script)).toMatchObject({ kind: 'exited', code })
  })

  it('prints 50 MB without a line end, and its end is seen', async () => {
    const result = await guest.run('head -c 50000000 /dev/urandom | tr -d "\\n"; printf x >&2; exit 13')
    expect(result).toMatchObject({ kind: 'exited', code: 13, stderr: 'x' })
    expect(result.raw.stdout.length).toBeGreaterThan(49_000_000)
  })
})
