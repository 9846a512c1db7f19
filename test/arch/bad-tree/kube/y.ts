import type { X } from './x.ts'
export type Y = { x: X }
