// Shows the figure that is chosen in the list above it. Without this script all figures are shown, and no list.
for (const choice of document.querySelectorAll('.choice')) {
  const select = choice.querySelector('select')
  const figures = choice.querySelectorAll('.chosen')
  const show = () => figures.forEach((figure, index) => (figure.hidden = index !== select.selectedIndex))
  select.addEventListener('change', show)
  choice.querySelector('label').hidden = false
  show()
}
