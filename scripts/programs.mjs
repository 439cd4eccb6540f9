/** Programs from outside npm that some tests drive. A test asks for one by `program('chromium')` and skips if there is none. */
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root } from './run.mjs'

export const programs = {
  chromium: { commands: ['chromium', 'chromium-browser', 'google-chrome'], packages: ['chromium'] },
  firefox: { commands: ['firefox-esr', 'firefox'], packages: ['firefox-esr'] },
  webkit: { commands: ['WebKitWebDriver'], packages: ['webkit2gtk-driver'] },
  xvfb: { commands: ['xvfb-run'], packages: ['xvfb', 'xauth'] },
  nginx: { commands: ['nginx'], packages: ['nginx'] },
  haproxy: { commands: ['haproxy'], packages: ['haproxy'] },
}

/** The absolute path of a program, or undefined where it is not installed. */
export function program(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin']
  return folders.flatMap((folder) => programs[name].commands.map((command) => join(folder, command))).find(executable)
}

/** The programs that some test asks for: what no test uses is not worth the minutes its installation takes. */
export function programsInUse() {
  const tests = join(root, 'test')
  const text = readdirSync(tests, { recursive: true })
    .filter((name) => /\.[cm]?tsx?$/.test(name))
    .map((name) => readFileSync(join(tests, name), 'utf8'))
    .join('\n')
  const asked = (name) => [`program('${name}')`, ...programs[name].commands.map((command) => `bin/${command}'`)]
  return Object.keys(programs).filter((name) => asked(name).some((words) => text.includes(words)))
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
