import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { filesBelow, importsOf } from './import-table.ts'

/** Groups of files below `root` that import each other in a circle, by whatever way. Empty = none. */
export const importCircles = (root: string): string[][] => {
  const graph = new Map(
    filesBelow(root).map((path) => {
      const targets = importsOf(readFileSync(path, 'utf8'))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => relative(root, resolve(dirname(path), specifier)))
      return [relative(root, path), targets] as const
    }),
  )
  const reachable = (from: string): Set<string> => {
    const seen = new Set<string>()
    const open = [...(graph.get(from) ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      open.push(...(graph.get(next) ?? []))
    }
    return seen
  }
  const reach = new Map([...graph.keys()].map((file) => [file, reachable(file)]))
  const circles = new Map<string, string[]>()
  for (const [file, seen] of reach) {
    if (!seen.has(file)) continue
    const circle = [...seen].filter((other) => reach.get(other)?.has(file)).sort()
    circles.set(join(...circle), circle)
  }
  return [...circles.values()]
}
