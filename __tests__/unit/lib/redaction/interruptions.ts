// What stands between the characters of a secret without being seen. Each by its name.
export const interruptions: Readonly<Record<string, string>> = {
  'a backspace': '\b',
  'a character that is erased': 'X\b',
  'an umlaut that is erased': 'ü\b',
  'a NUL': '\0',
  'a bell': '\x07',
  'a DEL': '\x7f',
  'a carriage return': '\r',
  'a colour': '\x1b[1;31m',
  'a move of the cursor': '\x1b[3;14H',
  'an erased line': '\x1b[K',
  'a title': '\x1b]0;title\x07',
  'a title that ends otherwise': '\x1b]0;title\x1b\\',
  'a device string': '\x1bPq#0\x1b\\',
  'a character set': '\x1b(B',
  'a lone escape': '\x1b',
  'a C1 control': '\u0085',
  'a soft hyphen': '\u00ad',
  'a zero-width space': '\u200b',
  'a zero-width joiner': '\u200d',
  'a bidirectional override': '\u202e',
  'an isolate': '\u2066',
  'a byte order mark': '\ufeff',
  'a variation selector': '\ufe0f',
  'a tag': '\u{e0041}',
  'a filler': '\u3164',
  'several of them': '\0\x1b[0m\u200b\b\r',
}

// For text that is decoded already, or that a sentence quotes.
export const written: Readonly<Record<string, string>> = {
  'a NUL as JSON': '\\u0000',
  'a backspace as JSON': '\\b',
  'an escape of a shell': '\\x1b',
  'a number as we show it': '⟨U+202E⟩',
  'what could not be decoded': '\ufffd',
}
