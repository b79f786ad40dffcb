import { expected, type Expected } from './model'
import { chanceOf, storyBy } from './random'
import { play } from './run'
import type { Story } from './story'

export interface Found {
  readonly seed: number // of the story
  readonly story: Story
  readonly must: string // by the model
  readonly came: string
}

// Stories by chance, each with a seed of its own, one after the other: what the model says of them, and what the engine made of them.
export async function* hunt(seed: number, count: number): AsyncGenerator<Found> {
  for (let one = seed; one < seed + count; one += 1) {
    const story = storyBy(chanceOf(one))
    yield { seed: one, story, must: JSON.stringify(expected(story)), came: await cameOf(story) }
  }
}

// The runner leaves ten seconds after a cancel.
const graceMs = 10_000

// Also what never ends comes to something.
const cameOf = async (story: Story): Promise<string> => {
  try {
    const { result, machines, afterCancelMs } = await play(story)
    const came: Expected = { outcome: result.outcome, machines, tests: result.tests.map(({ outcome }) => outcome) }
    return JSON.stringify(afterCancelMs > graceMs ? { ...came, afterCancelMs } : came)
  } catch (error) {
    return JSON.stringify({ outcome: String(error) })
  }
}
