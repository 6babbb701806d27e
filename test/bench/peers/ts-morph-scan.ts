/** The peer of `lockgate code scan`: every file opened by ts-morph, every call looked at. */
import { Project, SyntaxKind } from 'ts-morph'

const folder = process.argv[2] as string
const project = new Project({
  skipAddingFilesFromTsConfig: true,
  skipLoadingLibFiles: true,
  compilerOptions: { allowJs: true, noLib: true },
})
project.addSourceFilesAtPaths(`${folder}/**/*.{js,jsx,ts,tsx,mjs,cjs}`)
const interesting = /(^|\.)(compare|compareSync|verify|listen|use|session)$|(^|\.)(get|post)$/
let findings = 0
for (const file of project.getSourceFiles())
  for (const call of file.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const callee = call.getExpression().getText()
    if (!interesting.test(callee)) continue
    const [first] = call.getArguments()
    if (/\.(get|post)$/.test(callee) && !/login|signin/i.test(first?.getText() ?? '')) continue
    findings += 1
  }
process.stdout.write(`${findings}\n`)
