import { beforeAll, describe, expect, it } from 'vitest'
import { hunt, type Found } from '../../support/paper/hunt'
import { contract, expected, type Rules } from '../../support/paper/model'

// `npm run hunt` plays many more, from another seed each time.
const seed = 1
const count = 3000
const found: Found[] = []

beforeAll(async () => {
  for await (const one of hunt(seed, count)) found.push(one)
})

it('comes to the verdict that the contract says, whatever becomes of a job', () => {
  expect(found.filter(({ must, came }) => must !== came)).toEqual([])
})

it('tries every verdict', () => {
  const verdicts = found.map(({ came }) => (JSON.parse(came) as { outcome: string }).outcome)
  expect([...new Set(verdicts)].sort()).toEqual(
    ['passed', 'failed', 'image-error', 'boot-failed', 'guest-lost', 'infra-error', 'timed-out', 'cancelled'].sort(),
  )
})

describe('would notice an engine', () => {
  const names: Readonly<Record<keyof Rules, string>> = {
    gates: 'that lets a failed test pass',
    lossIsLoss: 'that goes on as if nothing were, when the guest is lost',
    neverTakenBack: 'that forgets a failure when the host fails after it',
    hangFailsXfail: 'that takes a hang for the refusal that is expected',
    xfailNeedsRefusal: 'that lets xfail excuse what did not start',
    xpassFails: 'that is content when what must fail passes',
    hostIsRetried: 'that gives up at the first fault of the host',
    setupKeepsTests: 'that runs tests after a failed setup',
    teardownRuns: 'that leaves the teardown out after a cancel',
    somethingMustGate: 'that passes where nothing that gates ran',
    findingsGate: 'that passes over findings',
    journalCounts: 'that does not read the journal',
    cloudInitCounts: 'that does not mind what cloud-init says',
    endStays: 'that lets a cancel take the place of what ended the job before it',
    cancelIsHeard: 'that does not hear a cancel after the last test',
    imageStays: 'that does not mind an image that changes',
  }
  it.each(Object.entries(names) as [keyof Rules, string][])('%s: %s', (rule) => {
    const altered = { ...contract, [rule]: false }
    expect(found.filter(({ story, came }) => JSON.stringify(expected(story, altered)) !== came).length).toBeGreaterThan(2)
  })
})
