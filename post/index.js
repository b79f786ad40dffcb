// The bundle of the main action, told that it is the post step: where the main step could save no state, it would take itself for that one.
process.argv.push('post')
require('../dist/index.js')
