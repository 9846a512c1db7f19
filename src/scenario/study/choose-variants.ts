import { HarnessError } from '../../kernel/errors.ts'
import type { StudyPlan } from '../../model/study.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggest.ts'

/** The same study with these variants only, in its own order. Throws USAGE for a name that it does not have. */
export const chooseVariants = (plan: StudyPlan, names: readonly string[]): StudyPlan => {
  const known = plan.variants.map(({ name }) => name)
  for (const name of names) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw new HarnessError('USAGE', `--variant: no variant is called ${shown(name)}`, {
      hint: near === null ? `variants: ${known.join(', ')}` : `did you mean ${near}?`,
    })
  }
  const variants = plan.variants.filter(({ name }) => names.includes(name))
  const control = variants.some(({ name }) => name === plan.control)
    ? plan.control
    : (variants[0]?.name ?? '')
  return { ...plan, variants, control }
}
