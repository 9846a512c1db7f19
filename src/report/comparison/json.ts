import { redactData } from '../../kernel/redact.ts'
import type { Comparison } from '../../model/comparison.ts'
import { prettyJson } from '../json.ts'

/** `comparison.json`: the whole comparison, secrets taken out. */
export const renderComparisonJson = (comparison: Comparison): string => prettyJson(redactData(comparison))
