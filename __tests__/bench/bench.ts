// `npm run bench [-- GUEST [PAIRS]]` measures a boot, `npm run bench -- fetch [PAIRS [MEBIBYTES]]` what happens to an image before.
export {}
await (process.argv[2] === 'fetch' ? import('./fetch') : import('./boot'))
