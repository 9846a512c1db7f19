import { readFileSync } from 'node:fs'
export const b = () => [readFileSync, process.env.HOME]
