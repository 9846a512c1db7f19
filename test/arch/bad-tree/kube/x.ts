import type { Y } from './y.ts'
export type X = Y | null
