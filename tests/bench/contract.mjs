// The Zod half of the contract's benchmark: contract.mjs <corpus> <milliseconds>. A line of the corpus is [type, text]. Prints
// messages per second: parsed and checked, and only parsed.
import { readFileSync } from 'node:fs'
import * as schemas from '../../packages/shared/dist/esm/schemas.js'

const [, , file, span] = process.argv
const index = JSON.parse(readFileSync(new URL('../../contract/index.json', import.meta.url), 'utf8'))
const corpus = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [type, text] = JSON.parse(line)
    const schema = schemas[index[type].schema]
    if (!schema) throw new Error(`no schema for ${type}`)
    const result = schema.safeParse(JSON.parse(text))
    if (!result.success) throw new Error(`${type} is refused: ${text}: ${result.error.message}`)
    return [schema, text]
  })

const check = (schema, text) => schema.safeParse(JSON.parse(text)).success
const parse = (_, text) => JSON.parse(text) !== undefined

function rate(read, ms) {
  const start = performance.now()
  let passes = 0
  while (performance.now() - start < ms) {
    for (const [schema, text] of corpus) if (!read(schema, text)) throw new Error(text)
    passes += 1
  }
  return (passes * corpus.length * 1000) / (performance.now() - start)
}

for (const read of [check, parse]) {
  rate(read, 2 * Number(span))
  console.log(rate(read, Number(span)))
}
