/**
 * Hides the rows of the failure tables that do not hold every word of the filter, and says how many are left.
 * @param {HTMLInputElement} input
 * @param {HTMLElement} status
 * @param {HTMLElement} box
 */
export const filterRows = (input, status, box) => {
  const rows = [...document.querySelectorAll('table.failures tbody tr')].map((row) => ({
    row,
    group: row.closest('details'),
    text: `${row.textContent} ${row.closest('details')?.querySelector('summary')?.textContent}`.toLowerCase(),
  }))
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    const kept = new Set()
    let shown = 0
    for (const { row, group, text } of rows) {
      const matches = words.every((word) => text.includes(word))
      row.toggleAttribute('hidden', !matches)
      if (matches) {
        shown++
        kept.add(group)
      }
    }
    for (const { group } of rows) group?.toggleAttribute('hidden', !kept.has(group))
    status.textContent = words.length === 0 ? '' : `${shown} of ${rows.length} rows`
  }
  input.addEventListener('input', apply)
  box.hidden = rows.length === 0
}
