import { testRows } from './cases'

testRows('host')
