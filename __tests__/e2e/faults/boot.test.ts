import { testRows } from './cases'

testRows('boot')
