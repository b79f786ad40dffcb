// How web servers list a folder, as people see it.

// Apache, with icons, a link to sort and one to the folder above.
export const apacheListing = (names: readonly string[]): string =>
  [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">',
    '<html><head><title>Index of /images</title></head><body><h1>Index of /images</h1>',
    '<pre><img src="/icons/blank.gif" alt="Icon "> <a href="?C=N;O=D">Name</a> <a href="?C=M;O=A">Last modified</a><hr>',
    '<img src="/icons/back.gif" alt="[PARENTDIR]"> <a href="/pub/">Parent Directory</a>   -',
    ...names.map((name) => `<img src="/icons/unknown.gif" alt="[   ]"> <a href="${name}">${name}</a>  2026-04-21 09:14  557M`),
    '<hr></pre></body></html>',
  ].join('\n')

// nginx, which cuts long names short but not their links.
export const nginxListing = (names: readonly string[]): string =>
  [
    '<html>\n<head><title>Index of /images/</title></head>\n<body>\n<h1>Index of /images/</h1><hr><pre><a href="../">../</a>',
    ...names.map((name) => `<a href="${name}">${name.slice(0, 47)}${name.length > 47 ? '..&gt;' : ''}</a>  25-May-2026 20:11  563M`),
    '</pre><hr></body>\n</html>',
  ].join('\n')

// openSUSE's own, for programs.
export const jsonListing = (names: readonly string[]): string =>
  JSON.stringify({ data: names.map((name) => ({ name, size: name.endsWith('/') ? null : 345_000_000, mtime: 1_790_000_000 })) })
