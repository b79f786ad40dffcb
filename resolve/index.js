// The entry of the main action, told that it is this one.
process.argv.push('resolve')
require('../dist/index.js')
