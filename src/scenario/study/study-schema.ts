import { z } from 'zod'
import {
  choice,
  duration,
  list,
  map,
  optional,
  required,
  text,
  textLike,
  wholeNumber,
  yesNo,
} from '../schema-fields.ts'
import { shown } from '../shown.ts'
import { ABLATION_DESIGNS, MOST_VARIANTS } from './expand-study.ts'

/** Names of variants, settings, dimensions and levels: they stand in tables, and a part of them in folder names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 ._/:%=,+()-]{0,59}$/
const NAME_TEXT = 'a name of at most 60 letters, digits, spaces and . _ / : % = , + ( ) -'
const name = () => textLike(NAME, NAME_TEXT, 60)
/** That of another variant; those that are made from a grid are longer. */
const otherName = () => text('the name of a variant', 400)

/** What a patch may hold is looked at by patch-value.ts, which can say more of it. */
const patch = () =>
  z
    .union([z.record(z.string(), z.unknown()), z.array(z.unknown())], {
      error: ({ input }) =>
        `expected a map to be merged into the Deployment, or a list of {object, strategic | json}, got ${shown(input)}`,
    })
    .nullable()

const namedMap = <T extends z.ZodType>(value: T, what: string, most: number) =>
  z
    .record(z.string().regex(NAME, { error: `expected ${NAME_TEXT}` }), value, {
      error: (issue) =>
        issue.code === 'invalid_key' ? `expected ${NAME_TEXT}` : `expected a map of ${what}`,
    })
    .refine((entries) => Object.keys(entries).length > 0, `expected at least one of ${what}`)
    .refine((entries) => Object.keys(entries).length <= most, `expected at most ${most} ${what}`)

const PATCH_DOC =
  'A map that is merged into the Deployment (strategic merge; `null` takes a field away), or a list of `{object: deployment | service/NAME | ingress/NAME | pdb/NAME, strategic: {…} | json: [operations of RFC 6902]}`. Replicas, labels and selectors cannot be changed.'

export const variantsSchema = list(
  map({
    name: required(name(), { description: 'Name in the tables.' }),
    like: optional(otherName(), {
      description: 'Starts from the patches of this variant, which may also be one of ablation or grid.',
    }),
    patch: optional(patch(), { description: `${PATCH_DOC} Without one: the Deployment as it is.` }),
    patches: optional(list(z.unknown(), 'patches', 20), {
      description: 'The same as a list of `{object, strategic | json}`.',
    }),
  }),
  'variants',
  MOST_VARIANTS,
)

export const ablationSchema = map({
  settings: required(
    namedMap(
      map({
        on: optional(patch(), { description: `Applied when the setting is wanted. ${PATCH_DOC}` }),
        off: optional(patch(), { description: 'Applied when the setting is not wanted.' }),
      }),
      'settings',
      12,
    ),
    {
      description:
        'The settings whose need is in question, by name. `on` is for those that the Deployment lacks, `off` for those that it has; both may be given.',
    },
  ),
  designs: optional(list(choice(ABLATION_DESIGNS), 'designs', 2).min(1, 'expected at least one design'), {
    description:
      'all-but-one: which settings are needed (`all`, `all but X`). only-one: which are enough alone (`none`, `only X`).',
    default: [...ABLATION_DESIGNS],
  }),
})

export const gridSchema = namedMap(namedMap(patch(), 'levels', MOST_VARIANTS), 'dimensions', 6)

export const studySchema = map({
  blocks: optional(wholeNumber(1, 1000), {
    description:
      'Blocks of each variant. A block applies the variant, waits until it has rolled out, measures rollout.restarts restarts as an ordinary run does, and restores.',
    default: 3,
  }),
  control: optional(otherName(), {
    description:
      'The variant that the others are compared with. With more than two variants it is measured twice in each round, so that drift is seen.',
    otherwise: '`all` of an ablation, else the first variant without a patch, else the first',
  }),
  seed: optional(wholeNumber(0, 4_294_967_295), {
    description: 'Seed of the order of the blocks.',
    otherwise: 'seed',
  }),
  rest: optional(duration(), {
    description:
      'Least time from the end of one block to the load of the next, so that no node still leads connections to pods of the block before.',
    otherwise: '2m; none on the embedded lab, which translates no addresses',
  }),
  repeat: optional(yesNo(), {
    description: 'Run a block that was inconclusive once more at the end.',
    default: true,
  }),
})
