import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STORIES } from './story.ts'
import { csvOf } from './story-builder.ts'
import { STORY_PLANS } from './story-plans.ts'

/** Files of a story's folder, as text. */
export const storyFiles = (name: string): Record<string, string> => {
  const plan = STORY_PLANS.get(name)
  if (plan === undefined) throw new Error(`no story ${name}`)
  const { info, events, rows, end } = plan().finish()
  return {
    'run.json': `${JSON.stringify(info, null, 1)}\n`,
    'events.jsonl': events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    'requests.csv': csvOf(rows),
    'findings.json': `${JSON.stringify(end, null, 1)}\n`,
  }
}

/** Writes every story anew: `node test/support/story-write.ts`. */
if (import.meta.main) {
  rmSync(STORIES, { recursive: true, force: true })
  for (const name of STORY_PLANS.keys()) {
    mkdirSync(join(STORIES, name), { recursive: true })
    for (const [file, text] of Object.entries(storyFiles(name)))
      writeFileSync(join(STORIES, name, file), text)
  }
}
