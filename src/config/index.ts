// The room's door: from inputs and job file to a Job. `inputs.ts` is separate, since it loads @actions/core.
export { loadImageRequest, type LoadedImage } from './image-request'
export { loadJob, readReporting, secretsOfInputs, type Loaded, type LoadRequest, type Reporting } from './load'
export { isInlineUserData } from './secrets'
export { ConfigError, type Problem } from './problems'
