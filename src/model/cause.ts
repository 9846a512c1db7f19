/** Id of a root cause in docs/causes: A1 … F11. */
export type CauseId = string
