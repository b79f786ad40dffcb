// The action. The bundle is the terminal command's as well.
require('./engine.js').action()
