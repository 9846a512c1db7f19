import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** `quickstart-20261122T012426Z-1ng4h2a-xq3ad`: the start stands in the name. */
const startOf = (name: string): string => /-(\d{8}T\d{6}Z)-/.exec(name)?.[1] ?? ''

/** The run bundles that lie in a folder, newest first; empty when it cannot be read or holds none. */
export const bundlesIn = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const isBundle = await stat(join(folder, name, 'run.json')).then(
        () => true,
        () => false,
      )
      return isBundle ? name : null
    }),
  )
  return found
    .filter((name) => name !== null)
    .toSorted((a, b) => (startOf(a) === startOf(b) ? (a < b ? -1 : 1) : startOf(a) < startOf(b) ? 1 : -1))
    .map((name) => join(folder, name))
}
