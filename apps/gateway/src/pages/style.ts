/** The style of our pages, and its hash for the policy that allows no other. */
import { hash } from 'node:crypto'

export const style = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#16191d;--quiet:#4a525c;--line:#c9ced6;--accent:#0b5cad;--on-accent:#fff;--warn:#9a3412}
@media(prefers-color-scheme:dark){:root{--ground:#14171a;--card:#1d2126;--text:#eef1f4;--quiet:#b4bcc6;--line:#3d454f;--accent:#7db8f5;--on-accent:#0b1520;--warn:#fdba74}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;padding:2rem 1rem;background:var(--ground);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif}
header,main,footer{width:100%;max-width:36rem}
header{color:var(--quiet);font-weight:600;margin-bottom:.75rem}
main{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.75rem;overflow-wrap:anywhere}
footer{color:var(--quiet);font-size:.875rem;margin-top:.75rem}
h1{font-size:1.4rem;line-height:1.3;margin:0 0 .75rem}
p{margin:0 0 1rem}
main>:last-child{margin-bottom:0}
.quiet{color:var(--quiet)}
.warn{color:var(--warn);font-weight:600}
code,.code{font:600 1.05rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.06em}
a{color:var(--accent)}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:.6rem 1.1rem;border-radius:.5rem;border:1px solid var(--accent);background:var(--accent);color:var(--on-accent);text-decoration:none;cursor:pointer}
button.plain{background:transparent;color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
input[type=text]{font:inherit;width:100%;padding:.6rem .75rem;border:1px solid var(--quiet);border-radius:.5rem;background:var(--card);color:var(--text);margin:.25rem 0 1rem}
ul{list-style:none;padding:0;margin:0 0 1rem}
li{border-top:1px solid var(--line);padding:.9rem 0;display:flex;gap:1rem;justify-content:space-between;align-items:center;flex-wrap:wrap}
dl{margin:0 0 1rem;display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}
dt{color:var(--quiet)}
dd{margin:0}
@media(prefers-contrast:more){main{border-color:var(--text)}}
`

/** CSP Level 3 §2.3.1: a hash of exactly what stands between the tags. */
export const styleHash = `'sha256-${hash('sha256', style, 'base64')}'`
