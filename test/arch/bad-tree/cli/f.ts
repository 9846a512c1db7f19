import { a } from '../engine/a.ts'
export const f = a
