'use strict'
const data = JSON.parse(document.getElementById('data').textContent)
const canvases = [...document.querySelectorAll('canvas')]
const clip = document.getElementById('clip')
const play = document.getElementById('play')
const found = document.getElementById('found')
const shown = data.groupNames.map(() => true)
const audio = new Audio()
const margin = 14
let chosen = -1
let playing = -1

// The range of each panel.
const ranges = data.positions.map(positions => {
  const range = { left: Infinity, right: -Infinity, low: Infinity, high: -Infinity }
  for (const at of positions) {
    if (!at) continue
    range.left = Math.min(range.left, at[0])
    range.right = Math.max(range.right, at[0])
    range.low = Math.min(range.low, at[1])
    range.high = Math.max(range.high, at[1])
  }
  return range
})

/** The position of a clip in a panel in pixels of the page; nothing if it has none. */
function place(panel, index) {
  const at = data.positions[panel][index]
  if (!at) return null
  const { left, right, low, high } = ranges[panel]
  const canvas = canvases[panel]
  const share = (value, from, to) => (to > from ? (value - from) / (to - from) : 0.5)
  return [
    margin + share(at[0], left, right) * (canvas.clientWidth - 2 * margin),
    canvas.clientHeight - margin - share(at[1], low, high) * (canvas.clientHeight - 2 * margin),
  ]
}

function trace(pen, shape, x, y, radius) {
  pen.beginPath()
  if (shape.length === 0) pen.arc(x, y, radius, 0, 2 * Math.PI)
  for (const [dx, dy] of shape) pen.lineTo(x + dx * radius, y + dy * radius)
  pen.closePath()
}

function draw() {
  const style = getComputedStyle(document.documentElement)
  const colours = data.colours.map(number => style.getPropertyValue(`--chart-${number}`))
  const count = data.names.length
  const radius = count > 15000 ? 2 : count > 3000 ? 2.6 : 3.6
  const opacity = Math.min(0.85, Math.max(0.15, Math.sqrt(600 / Math.max(count, 1))))
  canvases.forEach((canvas, panel) => {
    const scale = window.devicePixelRatio
    canvas.width = canvas.clientWidth * scale
    canvas.height = canvas.clientHeight * scale
    const pen = canvas.getContext('2d')
    pen.scale(scale, scale)
    pen.globalAlpha = opacity
    data.groups.forEach((group, index) => {
      const at = shown[group] && place(panel, index)
      if (!at) return
      pen.fillStyle = colours[group]
      trace(pen, data.shapes[group], at[0], at[1], radius)
      pen.fill()
    })
    const at = chosen >= 0 && place(panel, chosen)
    if (!at) return
    const group = data.groups[chosen]
    pen.globalAlpha = 1
    pen.fillStyle = colours[group]
    trace(pen, data.shapes[group], at[0], at[1], 7)
    pen.fill()
    pen.strokeStyle = style.getPropertyValue('--chart-ink')
    pen.lineWidth = 2
    pen.stroke()
    pen.beginPath()
    pen.arc(at[0], at[1], 12, 0, 2 * Math.PI)
    pen.stroke()
  })
}

/** Draws at most once in a frame. */
let waiting = false
function later() {
  if (waiting) return
  waiting = true
  requestAnimationFrame(() => {
    waiting = false
    draw()
  })
}

function choose(index) {
  if (index === chosen || index < 0) return
  chosen = index
  const name = document.createElement('strong')
  name.textContent = data.names[index]
  const group = data.groupNames[data.groups[index]]
  const text = [group, data.texts[index]].filter(part => part !== '').join(': ')
  clip.replaceChildren(name, document.createElement('br'), text)
  if (!data.audio[index]) clip.append(' (its audio file is not on this machine)')
  button()
  later()
}

function button() {
  play.disabled = chosen < 0 || !data.audio[chosen]
  play.textContent = playing >= 0 && playing === chosen ? 'Stop' : 'Play'
}

function listen() {
  if (chosen < 0 || !data.audio[chosen]) return
  const again = playing === chosen
  audio.pause()
  playing = -1
  if (!again) {
    playing = chosen
    audio.src = data.audio[chosen]
    audio.play().catch(stopped)
  }
  button()
}

/** The browser could not play the file, or another file was chosen before it began. */
function stopped(reason) {
  if (reason.name === 'AbortError') return
  const text = document.createTextNode(` (cannot play ${decodeURI(data.audio[playing] ?? '')}: ${reason.message})`)
  if (playing === chosen) clip.append(text)
  playing = -1
  button()
}

/** The clip nearest to a position of a panel, at most `most` pixels away. */
function nearest(panel, x, y, most) {
  let [best, least] = [-1, most * most]
  data.groups.forEach((group, index) => {
    const at = shown[group] && place(panel, index)
    if (!at) return
    const distance = (at[0] - x) ** 2 + (at[1] - y) ** 2
    if (distance < least) [best, least] = [index, distance]
  })
  return best
}

const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** The next clip in a direction: near, and not far to the side. */
function next(panel, [dx, dy]) {
  const from = chosen >= 0 && place(panel, chosen)
  if (!from) return nearest(panel, canvases[panel].clientWidth / 2, canvases[panel].clientHeight / 2, Infinity)
  let [best, least] = [-1, Infinity]
  data.groups.forEach((group, index) => {
    const at = index !== chosen && shown[group] && place(panel, index)
    if (!at) return
    const [right, down] = [at[0] - from[0], at[1] - from[1]]
    const ahead = right * dx + down * dy
    const aside = Math.abs(right * dy) + Math.abs(down * dx)
    const cost = ahead + 2 * aside
    if (ahead > 0.01 && cost < least) [best, least] = [index, cost]
  })
  return best
}

canvases.forEach((canvas, panel) => {
  canvas.addEventListener('pointermove', event => choose(nearest(panel, event.offsetX, event.offsetY, 14)))
  canvas.addEventListener('click', event => {
    const index = nearest(panel, event.offsetX, event.offsetY, 14)
    if (index < 0) return
    choose(index)
    listen()
  })
  canvas.addEventListener('keydown', event => {
    const direction = directions[event.key]
    if (direction) choose(next(panel, direction))
    else if (event.key === 'Enter' || event.key === ' ') listen()
    else return
    event.preventDefault()
  })
})

document.querySelectorAll('[data-group]').forEach(box => {
  // A browser may have kept the state of the box from before.
  const change = () => {
    shown[Number(box.dataset.group)] = box.checked
    later()
  }
  box.addEventListener('change', change)
  change()
})

document.getElementById('search').addEventListener('input', event => {
  const wanted = event.target.value.trim().toLowerCase()
  const fits = index => `${data.names[index]} ${data.texts[index]}`.toLowerCase().includes(wanted)
  const all = wanted === '' ? [] : data.names.map((_, index) => index).filter(fits)
  const items = all.slice(0, 20).map(index => {
    const item = document.createElement('li')
    const go = document.createElement('button')
    go.type = 'button'
    go.textContent = data.names[index]
    go.addEventListener('click', () => choose(index))
    item.append(go)
    return item
  })
  if (wanted !== '') {
    const item = document.createElement('li')
    item.textContent = all.length > 20 ? `and ${all.length - 20} more` : `${all.length} found`
    items.push(item)
  }
  found.replaceChildren(...items)
})

play.addEventListener('click', listen)
audio.addEventListener('ended', () => {
  playing = -1
  button()
})
addEventListener('resize', later)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', later)
later()
