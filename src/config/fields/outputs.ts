// The outputs of the action, written for every verdict.
export const outputs = {
  verdict:
    'What came of it: `passed`, `failed`, `config-error`, `image-error`, `boot-failed`, `guest-lost`, `infra-error`, `timed-out` or `cancelled`.',
  passed: 'Number of tests that passed, flaky ones among them.',
  failed: 'Number of tests that failed and gate.',
  skipped: 'Number of tests that were skipped.',
  flaky: 'Number of tests that passed only when tried again.',
  total: 'Number of tests.',
  'image-sha256': 'SHA-256 of the disk that booted.',
  'fetched-sha256': 'SHA-256 of the image file as published.',
  'cache-key':
    'Key for `actions/cache`, made of the digest of the image as published; empty when that was not known before it was fetched.',
  'boot-seconds': 'Seconds from power-on until the machine was ready.',
  accelerator: 'What ran the machine: `kvm` or `tcg`.',
  'report-dir': 'Folder of the report, set before anything else happens; empty, as are the files in it, when it was refused.',
  junit: 'Path of the JUnit report.',
  json: 'Path of `results.json`.',
  'console-log': "Path of the machine's console log.",
} as const satisfies Readonly<Record<string, string>>
