// Checks HTML pages in a real Chromium: no error, no request, nothing cut off on a narrow screen, usable with keys,
// and a map of clips answers to keys, the mouse and a search and plays a clip.
//   node scripts/pages.mjs [--pictures FOLDER] [FILE...]
// Without files it makes the examples of crates/charts. Without Chromium it says so and ends with status 0.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Browser, findChromium } from './browser.mjs'
import { run } from './run.mjs'
import { wave } from './wave.mjs'

const { values, positionals } = parseArgs({ options: { pictures: { type: 'string' } }, allowPositionals: true })
const looks = [
  { name: 'wide-light', width: 1280, height: 800, dark: false },
  { name: 'wide-dark', width: 1280, height: 800, dark: true },
  { name: 'narrow-light', width: 360, height: 640, dark: false },
  { name: 'narrow-dark', width: 360, height: 640, dark: true },
]

/** The examples of crates/charts in a new folder. */
function examples() {
  const folder = mkdtempSync(join(tmpdir(), 'samplecnn-pages-'))
  return ['report', 'point_map'].map(name => {
    const file = join(folder, `${name}.html`)
    run('cargo', ['run', '-q', '-p', 'samplecnn-charts', '--example', name, file])
    return file
  })
}

/** What is wrong with the page in the tab. */
async function faults(tab, look) {
  const found = [...tab.errors, ...tab.requests.map(url => `asks for ${url}`)]
  const width = await tab.value('document.documentElement.scrollWidth')
  if (width > look.width) found.push(`is ${width} pixels wide in a window of ${look.width}`)
  const levels = await tab.value(`[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(one => +one.tagName[1])`)
  if (levels[0] !== 1 || levels.some((level, index) => index > 0 && level > levels[index - 1] + 1)) {
    found.push(`has headings of the levels ${levels.join(' ')}`)
  }
  const ids = await tab.value(`[...document.querySelectorAll('[id]')].map(one => one.id)`)
  if (new Set(ids).size < ids.length) found.push('has an id twice')
  const unnamed = `[...document.querySelectorAll('svg,img,canvas,button,input,select')].filter(one =>
    !one.ariaHidden && !one.ariaLabel && !one.labels?.length &&
    !one.textContent.trim()).map(one => one.outerHTML.slice(0, 80))`
  for (const element of await tab.value(unnamed)) found.push(`has an element without a name: ${element}`)
  await tab.press('Tab')
  const first = await tab.value('document.activeElement.className')
  if (first !== 'skip') found.push(`does not begin with the link that skips to the contents, but with ${first}`)
  await tab.press('Enter')
  const target = await tab.value('location.hash')
  if (target !== '#contents') found.push(`skips to ${target}`)
  return found
}

/** A tone of half a second as a WAV file of 8 kHz. */
function tone() {
  return wave(
    Array.from({ length: 4000 }, (_, index) => 0.8 * Math.sin(index / 3)),
    8000,
  )
}

/** What is wrong with the map of clips in the tab: keys, mouse, search, and playing a clip. */
async function mapFaults(tab, folder) {
  const found = []
  const text = () => tab.value(`document.getElementById('clip').textContent`)
  const expect = (is, fault) => is || found.push(fault)
  await tab.value(`document.querySelector('canvas').focus()`)
  await tab.press('ArrowRight')
  const first = await text()
  expect(first.startsWith('clip '), `says after an arrow key: ${first}`)
  await tab.press('ArrowRight')
  const second = await text()
  expect(second.startsWith('clip ') && second !== first, `stays at a clip after an arrow key: ${second}`)
  const { x, y } = await tab.value(`(() => {
    const canvas = document.querySelector('canvas')
    canvas.scrollIntoView({ behavior: 'instant', block: 'center' })
    const box = canvas.getBoundingClientRect()
    const at = place(0, 897)
    return { x: box.x + canvas.clientLeft + at[0], y: box.y + canvas.clientTop + at[1] }
  })()`)
  await tab.point(1, 1)
  await tab.point(x, y)
  const pointed = await text()
  expect(pointed.startsWith('clip 897 '), `says at the mouse: ${pointed}`)
  await tab.value(`(() => {
    const box = document.getElementById('search')
    box.value = 'clip 10 '
    box.dispatchEvent(new Event('input'))
    document.querySelector('#found button').click()
  })()`)
  expect((await text()).startsWith('clip 10 '), `says after a search: ${await text()}`)
  writeFileSync(join(folder, 'clip 10.wav'), tone())
  await tab.value(`document.getElementById('play').click()`)
  const played = await tab.value(`new Promise(resolve => {
    audio.addEventListener('ended', () => resolve(audio.duration))
    audio.addEventListener('error', () => resolve(audio.error.message))
    setTimeout(() => resolve('nothing happened'), 5000)
  })`)
  expect(played === 0.5, `plays a clip of 0.5 s with this result: ${played}`)
  found.push(...tab.errors)
  return found
}

const command = findChromium()
if (!command) {
  console.log('skipped: there is no Chromium; install it, or name its command in the environment variable CHROMIUM')
  process.exit(0)
}
const made = positionals.length === 0
const files = made ? examples() : positionals
if (values.pictures) mkdirSync(values.pictures, { recursive: true })
const browser = new Browser(command)
let failed = 0
try {
  for (const file of files) {
    const tab = await browser.open()
    for (const look of looks) {
      await tab.go(pathToFileURL(resolve(file)).href, look)
      const found = await faults(tab, look)
      if (made && file.endsWith('map.html')) found.push(...(await mapFaults(tab, dirname(file))))
      failed += found.length
      console.log(`${found.length === 0 ? 'right' : 'wrong'}  ${file}  ${look.name}`)
      for (const fault of found) console.log(`       ${fault}`)
      if (values.pictures) {
        await tab.value('document.activeElement.blur(), scrollTo(0, 0)')
        writeFileSync(join(values.pictures, `${basename(file, '.html')}-${look.name}.png`), await tab.picture())
      }
    }
  }
} finally {
  await browser.close()
}
process.exitCode = failed > 0 ? 1 : 0
