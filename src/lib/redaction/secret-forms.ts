const minChars = 3
const minBytesForBase64 = 6 // a shorter one has so few characters of its own in base64 that it would match by accident

// Every text in which a secret may show: itself, each of its lines, escaped as JSON, in a URL and by a shell, and in base64.
export const secretForms = (secrets: readonly string[]): readonly string[] => {
  const forms = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/).map((line) => line.trim())]).flatMap(formsOf)
  return [...new Set(forms)].filter(({ length }) => length >= minChars)
}

const formsOf = (secret: string): readonly string[] => {
  if (secret.trim().length < minChars) return []
  return [secret, ...jsonForms(secret), ...urlForms(secret), ...shellForms(secret), ...base64Forms(Buffer.from(secret))]
}

const jsonForms = (secret: string): readonly string[] => {
  const json = JSON.stringify(secret).slice(1, -1)
  const ascii = json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [json, ascii, ascii.replaceAll('/', '\\/')]
}

// encodeURIComponent, RFC 3986, RFC 3986 that keeps slashes (Python's quote), and a form's; hexadecimal digits in either case.
const urlForms = (secret: string): readonly string[] => {
  const component = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd'))
  const strict = component.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const forms = [component, strict, strict.replaceAll('%2F', '/'), strict.replaceAll('%20', '+')]
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()))]
}

// As `set -x` shows a quote inside quotes, and as printf %q escapes.
const shellForms = (secret: string): readonly string[] => [
  secret.replaceAll("'", "'\\''"),
  secret.replace(/[^\w@%+=:,./-]/g, (char) => `\\${char}`),
]

// base64 columns: MIME and GNU, PEM.
const columns = [76, 64]
const newline = 10

// A line may end at any place of it, and then after each so many characters.
const wrappedForms = (form: string): readonly string[] =>
  columns.flatMap((width) =>
    Array.from({ length: Math.min(width, form.length - 1) }, (_, index) => {
      const lines = [form.slice(0, index + 1), ...(form.slice(index + 1).match(new RegExp(`.{1,${width}}`, 'g')) ?? [])]
      return ['\n', '\r\n'].map((end) => lines.join(end))
    }).flat(),
  )

// In a longer text a secret starts at one of three places of base64's groups. The characters it shares with its neighbours are left
// out; alone it is replaced with its padding.
const base64Forms = (bytes: Buffer): readonly string[] => {
  if (bytes.length < minBytesForBase64) return []
  const alone = bytes.toString('base64')
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const lines = columns.filter((width) => alone.length > width).flatMap((width) => alone.match(new RegExp(`.{16,${width}}`, 'g')) ?? [])
  const wrapped = bytes.includes(newline) ? [] : [alone, ...within].flatMap(wrappedForms) // each line of a text has forms of its own
  const forms = [alone, alone.replace(/=+$/, ''), ...within, ...lines, ...wrapped]
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}
