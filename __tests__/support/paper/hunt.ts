import { expected } from './model'
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
    yield { seed: one, story, must: JSON.stringify(expected(story)), came: JSON.stringify(await outcomeOf(story)) }
  }
}

const outcomeOf = async (story: Story) => {
  const { result, machines } = await play(story)
  return { outcome: result.outcome, machines, tests: result.tests.map(({ outcome }) => outcome) }
}
