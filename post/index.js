// The entry of the main action, told that it is the post step.
process.argv.push('post')
require('../dist/index.js')
