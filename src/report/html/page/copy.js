/**
 * Copies the patch; where the browser forbids it, selects it.
 * @param {HTMLElement} button
 * @param {HTMLElement} patch
 * @param {HTMLElement} said
 */
export const bindCopy = (button, patch, said) => {
  button.hidden = false
  button.addEventListener('click', () => {
    const select = () => {
      getSelection()?.selectAllChildren(patch)
      said.textContent = 'Selected: press Ctrl+C'
    }
    if (navigator.clipboard === undefined) select()
    else
      navigator.clipboard.writeText(patch.textContent ?? '').then(() => {
        said.textContent = 'Copied'
      }, select)
  })
}
