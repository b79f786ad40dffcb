import { testRows } from './cases'

testRows('commands')
