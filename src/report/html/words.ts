import { redactText } from '../../kernel/redact.ts'

/** A dictionary: each text once, by its number. Secrets are taken out as the texts come in. */
export interface Words {
  readonly list: readonly string[]
  /** `null` is −1. */
  of(text: string | null): number
}

export const newWords = (): Words => {
  const list: string[] = []
  const places = new Map<string, number>()
  return {
    list,
    of: (text) => {
      if (text === null) return -1
      const known = places.get(text)
      if (known !== undefined) return known
      places.set(text, list.length)
      list.push(redactText(text))
      return list.length - 1
    },
  }
}

/** Lists of numbers, each different one once, by its number; an empty list is 0. */
export interface Lists {
  readonly list: readonly (readonly number[])[]
  of(numbers: readonly number[]): number
}

export const newLists = (): Lists => {
  const list: (readonly number[])[] = [[]]
  const places = new Map<string, number>([['', 0]])
  return {
    list,
    of: (numbers) => {
      const key = numbers.join(',')
      const known = places.get(key)
      if (known !== undefined) return known
      places.set(key, list.length)
      list.push(numbers)
      return list.length - 1
    },
  }
}
