// The bundle of the main action, told which of the two it is.
process.argv.push('resolve')
require('../dist/index.js')
