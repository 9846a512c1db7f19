import { escapeTerminal } from '../report/escape.ts'
import type { RestoreAnswer, RestoredObject } from '../run/restore.ts'

const objectLines = ({ kind, name, state, detail, fields, command }: RestoredObject): readonly string[] => [
  `${kind} ${name}: ${state}: ${detail}`,
  ...fields.map((field) => `  ${field}`),
  ...(command === null ? [] : ['  by hand:', `    ${command}`]),
]

const short = (hash: string | null): string => (hash === null ? 'unknown' : hash.slice(0, 16))

const proofLine = ({ proof }: RestoreAnswer): readonly string[] => {
  if (proof === null) return []
  const { specHash, templateHash, isAvailable, holds } = proof
  return [
    `Proof: spec ${short(specHash.now)} (was ${short(specHash.original)}); pod-template-hash ${short(templateHash.now)} (was ${short(templateHash.original)}); rollout ${isAvailable ? 'complete, all pods available' : 'NOT complete'}: ${holds ? 'as before' : 'NOT as before'}`,
  ]
}

/** What a restore did, or would do, for people. */
export const renderRestore = (answer: RestoreAnswer): string => {
  const { deployment, context, server, dryRun, objects } = answer
  const lines = [
    `${deployment.namespace}/${deployment.name} in ${context} (${server})${dryRun ? '; nothing was changed' : ''}`,
    ...objects.flatMap(objectLines),
    ...proofLine(answer),
  ]
  return `${lines.map(escapeTerminal).join('\n')}\n`
}
