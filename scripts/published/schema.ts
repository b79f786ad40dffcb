import { jobFile } from '../../src/config/fields/job'
import type { JsonSchema } from '../../src/config/types/type'

// The JSON Schema of the job file, for editors. It knows keys and values; contradictions between keys only the reader finds.
export const jobSchema = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Job file of image-test',
  description: 'What to boot and what to test on it; see https://github.com/fedora-cloud/image-test.',
  ...jobFile.schema,
})
