import { setFlagsFromString } from 'node:v8'

// A runner's memory is for the machine under test. Left alone, Node 24 lets the garbage of a long log grow to 300 MB before it looks.
setFlagsFromString('--optimize-for-size')
