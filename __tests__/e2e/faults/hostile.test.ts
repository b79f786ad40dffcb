import { testRows } from './cases'

testRows('hostile')
