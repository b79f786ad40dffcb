import { testRows } from './cases'

testRows('downloads')
