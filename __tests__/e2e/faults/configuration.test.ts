import { testRows } from './cases'

testRows('configuration')
