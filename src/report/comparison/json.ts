import type { Comparison } from '../../model/comparison.ts'
import { prettyJson } from '../json.ts'
import { redactData } from '../redact.ts'

/** `comparison.json`: the whole comparison, secrets taken out. */
export const renderComparisonJson = (comparison: Comparison): string => prettyJson(redactData(comparison))
