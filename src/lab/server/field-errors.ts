import type { StatusCause } from './api-error.ts'

const shown = (value: unknown): string => JSON.stringify(value ?? null)

/** Collects what is wrong with an object, worded as the API words it (validation/field). */
export class FieldErrors {
  readonly causes: StatusCause[] = []

  required(field: string, detail = ''): void {
    const message = detail === '' ? 'Required value' : `Required value: ${detail}`
    this.causes.push({ reason: 'FieldValueRequired', message, field })
  }

  invalid(field: string, value: unknown, detail: string): void {
    const message = `Invalid value: ${shown(value)}: ${detail}`
    this.causes.push({ reason: 'FieldValueInvalid', message, field })
  }

  unsupported(field: string, value: unknown, supported: readonly string[]): void {
    const listed = supported.map(shown).join(', ')
    const message = `Unsupported value: ${shown(value)}: supported values: ${listed}`
    this.causes.push({ reason: 'FieldValueNotSupported', message, field })
  }

  forbidden(field: string, detail: string): void {
    this.causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field })
  }

  duplicate(field: string, value: unknown): void {
    this.causes.push({
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${shown(value)}`,
      field,
    })
  }

  /** A number that may not be negative. */
  nonNegative(field: string, value: unknown): void {
    if (typeof value === 'number' && value < 0)
      this.invalid(field, value, 'must be greater than or equal to 0')
  }
}
