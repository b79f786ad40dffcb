import { testRows } from './cases'

testRows('lost')
