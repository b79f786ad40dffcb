// The architectures that can be tested, by the words of everybody who names them.
export type Architecture = 'x86_64' | 'aarch64'

export const readArchitecture = (text: string): Architecture | undefined => {
  if (/^(x86_64|x86-64|amd64|x64)$/i.test(text)) return 'x86_64'
  return /^(aarch64|arm64)$/i.test(text) ? 'aarch64' : undefined
}

// Debian's and Ubuntu's word.
export const debianArchitecture = (arch: Architecture): 'amd64' | 'arm64' => (arch === 'x86_64' ? 'amd64' : 'arm64')
