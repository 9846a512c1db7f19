import { isMap } from '../is-map.ts'
import { type Problem, problem } from '../problem.ts'
import { shown } from '../shown.ts'
import { nearest } from '../suggest.ts'
import { expandStudy } from './expand-study.ts'

const given = (value: unknown): boolean => value !== undefined && value !== null

/** Whether a scenario compares variants. */
export const hasStudy = (raw: Readonly<Record<string, unknown>>): boolean =>
  given(raw.ablation) || given(raw.grid) || (Array.isArray(raw.variants) && raw.variants.length > 0)

/** What is wrong with the variants of a scenario as it was written, beyond the form of its fields. */
export const checkStudy = (raw: Readonly<Record<string, unknown>>): Problem[] => {
  const study = isMap(raw.study) ? raw.study : {}
  if (!hasStudy(raw)) {
    return given(raw.study)
      ? [problem(['study'], 'there is nothing to compare', 'add variants, ablation or grid', 'key')]
      : []
  }
  const { variants, problems } = expandStudy(raw, 'the Deployment')
  const found = [...problems]
  const [only] = variants
  if (variants.length === 1 && only !== undefined && problems.length === 0) {
    const key = given(raw.ablation) ? 'ablation' : given(raw.grid) ? 'grid' : 'variants'
    found.push(
      problem(
        [key],
        'one variant alone cannot be compared',
        'add another; one without a patch is the Deployment as it is',
      ),
    )
  }
  const names = variants.map(({ name }) => name)
  if (typeof study.control === 'string' && names.length > 0 && !names.includes(study.control)) {
    const near = nearest(study.control, names)
    found.push(
      problem(
        ['study', 'control'],
        `no variant is called ${shown(study.control)}`,
        near === null ? `variants: ${names.join(', ')}` : `did you mean ${near}?`,
      ),
    )
  }
  return found
}
