import { testRows } from './cases'

testRows('cancellation')
