// Drives Chromium without a library: the DevTools protocol over pipes, one JSON message after another with a zero byte
// between them (https://chromedevtools.github.io/devtools-protocol).
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The command of Chromium on this machine: `CHROMIUM`, or the first usual name; undefined without Chromium. */
export function findChromium() {
  const candidates = process.env.CHROMIUM ? [process.env.CHROMIUM] : names
  return candidates.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)
}

/** A running Chromium without windows. */
export class Browser {
  #process
  #folder
  #waiting = new Map()
  #listeners = []
  #number = 0
  #rest = Buffer.alloc(0)

  constructor(command) {
    this.#folder = mkdtempSync(join(tmpdir(), 'samplecnn-browser-'))
    const quiet = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const own = ['--headless', '--remote-debugging-pipe', '--disable-gpu', `--user-data-dir=${this.#folder}`]
    this.#process = spawn(command, [...own, ...quiet, ...sandbox], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.#process.stdio[4].on('data', data => this.#receive(data))
    this.#process.on('exit', () => this.#fail(new Error('the browser ended')))
  }

  #receive(data) {
    this.#rest = Buffer.concat([this.#rest, data])
    for (let end = this.#rest.indexOf(0); end >= 0; end = this.#rest.indexOf(0)) {
      const message = JSON.parse(this.#rest.subarray(0, end).toString())
      this.#rest = this.#rest.subarray(end + 1)
      const waiting = this.#waiting.get(message.id)
      this.#waiting.delete(message.id)
      if (message.error) waiting?.reject(new Error(message.error.message))
      else if (waiting) waiting.resolve(message.result)
      else for (const listener of this.#listeners) listener(message)
    }
  }

  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  /** Sends a command and returns its result. */
  send(method, params = {}, sessionId) {
    const id = ++this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  /** Opens a tab. */
  async open() {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const tab = new Tab((method, params) => this.send(method, params, sessionId))
    this.#listeners.push(message => message.sessionId === sessionId && tab.hear(message))
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`)
    return tab
  }

  /** Ends the browser. */
  async close() {
    const ended = new Promise(resolve => this.#process.on('exit', resolve))
    await this.send('Browser.close').catch(() => this.#process.kill())
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A tab with one page. */
export class Tab {
  /** Errors of scripts, of the console and of the content policy since the last `go`. */
  errors = []
  /** The addresses that the page asked for since the last `go`, without the page itself and embedded data. */
  requests = []
  #loaded = () => {}
  #address = ''

  constructor(send) {
    this.send = send
  }

  /** Receives an event of the browser. */
  hear({ method, params }) {
    if (method === 'Page.loadEventFired') this.#loaded()
    if (method === 'Runtime.exceptionThrown')
      this.errors.push(params.exceptionDetails.exception?.description ?? 'error')
    if (method === 'Log.entryAdded' && params.entry.level === 'error') this.errors.push(params.entry.text)
    if (method === 'Runtime.consoleAPICalled' && params.type === 'error') this.errors.push(JSON.stringify(params.args))
    if (method === 'Network.requestWillBeSent') {
      const { url } = params.request
      if (url !== this.#address && !url.startsWith('data:')) this.requests.push(url)
    }
  }

  /** Loads a page in a window of the given size. */
  async go(address, { width, height, dark }) {
    this.errors = []
    this.requests = []
    this.#address = address
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]
    await this.send('Emulation.setEmulatedMedia', { features })
    const loaded = new Promise(resolve => {
      this.#loaded = resolve
    })
    await this.send('Page.navigate', { url: address })
    await loaded
  }

  /** The value of a JavaScript expression in the page. */
  async value(expression) {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression)
    return result.value
  }

  /** Presses a key, such as Tab or ArrowRight. */
  async press(key) {
    const codes = { Tab: 9, Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }
    const event = { key, code: key, windowsVirtualKeyCode: codes[key], ...(key === 'Enter' ? { text: '\r' } : {}) }
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
  }

  /** Moves the mouse to a position in the window. */
  async point(x, y) {
    await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y })
  }

  /** A picture of the page as PNG bytes. */
  async picture() {
    const { cssContentSize } = await this.send('Page.getLayoutMetrics')
    // The picture has no scroll bar, which the size of the contents leaves room for.
    const width = Math.max(cssContentSize.width, await this.value('innerWidth'))
    const clip = { x: 0, y: 0, width, height: Math.min(cssContentSize.height, 16_000), scale: 1 }
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true, clip })
    return Buffer.from(data, 'base64')
  }
}
