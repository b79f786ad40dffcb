import { parser as saxParser } from 'sax'

export interface XmlElement {
  readonly name: string // without its prefix, as those of attributes
  readonly parent: XmlElement | undefined
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string // in itself, not in what is inside
}

// The elements of a document in the order in which they begin, or what is wrong with it. An entity could bring in anything, so that no
// document with definitions of its own is read, and none that is no XML from its first byte to its last.
export const readXml = (text: string): readonly XmlElement[] | 'definitions' | 'no XML' => {
  const elements: Open[] = []
  let current: Open | undefined
  let depth = 0
  const sax = saxParser(true, { position: false })
  // Its own table has those of HTML, and is looked up with all that an object inherits.
  Object.assign(sax, { ENTITIES: Object.assign(Object.create(null) as object, predefined) })
  sax.onopentag = ({ name, attributes }) => {
    if ((depth += 1) > deepest || (depth === 1 && elements.length > 0)) throw new Stop('no XML')
    const own = Object.entries(attributes).filter(([key]) => !key.startsWith('xmlns:'))
    const named = own.map(([key, value]): [string, string] => [local(key), String(value)])
    current = { name: local(name), parent: current, attributes: new Map(named), text: '' }
    elements.push(current)
  }
  // sax asks the object that holds the attributes by this name; no document of ours has it.
  sax.onattribute = ({ name }) => {
    if (name === 'hasOwnProperty') throw new Stop('no XML')
  }
  sax.onclosetag = () => {
    depth -= 1
    current = current?.parent
  }
  sax.ontext = sax.oncdata = (part) => {
    if (current !== undefined) current.text += part
  }
  sax.ondoctype = sax.onsgmldeclaration = () => {
    throw new Stop('definitions')
  }
  sax.onerror = () => {
    throw new Stop('no XML')
  }
  try {
    sax.write(text).close()
    return elements.length === 0 ? 'no XML' : elements
  } catch (error) {
    if (error instanceof Stop) return error.why
    throw error
  }
}

interface Open extends XmlElement {
  readonly parent: Open | undefined
  text: string
}

class Stop extends Error {
  constructor(readonly why: 'definitions' | 'no XML') {
    super(why)
  }
}

const deepest = 100 // of what is read here nothing is deeper than ten
const predefined = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const local = (name: string): string => name.slice(name.indexOf(':') + 1)
