import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TemplateError } from '../../src/errors.ts'
import { renderTemplate } from '../../src/kubeadm/render.ts'

const VALUES = { Version: 'v1.31.3', Masters: ['a', 'b'], None: [], Empty: '', Yes: true, No: false }

describe('renderTemplate', () => {
  // What Go 1.26 makes of the same templates and values.
  it.each([
    ['plain', 'plain'],
    ['{{.Version}}', 'v1.31.3'],
    ['{{ .Version }}', 'v1.31.3'],
    ['{{\n.Version\n}}', 'v1.31.3'],
    ['{{.Yes}} {{.No}}', 'true false'],
    ['a }} b', 'a }} b'],
    ['{ {.Version} }', '{ {.Version} }'],
    ['a \n {{- .Version -}} \n b', 'av1.31.3b'],
    ['a {{- .Version}} b', 'av1.31.3 b'],
    ['a {{.Version -}} b', 'a v1.31.3b'],
    ['a\u00a0{{- .Version -}}\u00a0b', 'a\u00a0v1.31.3\u00a0b'],
    ['{{range .Masters}}<{{.}}>{{end}}', '<a><b>'],
    ['x\n  {{range .Masters -}}\n  - {{.}}\n  {{end -}}\n  - z', 'x\n  - a\n  - b\n  - z'],
    ['{{range .None}}x{{else}}none{{end}}', 'none'],
    ['{{range .Masters}}x{{else}}none{{end}}', 'xx'],
    ['{{if .Version}}a{{else}}b{{end}}', 'a'],
    ['{{if .Empty}}a{{else}}b{{end}}', 'b'],
    ['{{if .None}}a{{end}}b', 'b'],
    ['{{if .No}}a{{else}}{{if .Yes}}c{{end}}{{end}}', 'c'],
    ['{{range .Masters}}{{if .}}{{.}}{{end}}{{end}}', 'ab'],
    ['a{{/* {{.Nothing}} */}}b', 'ab'],
    ['a {{- /* c */ -}} b', 'ab'],
    ['a {{/* c */ -}} b', 'a b'],
    ['a{{/**/}}b', 'ab'],
    ['a{{/* one\ntwo */}}b', 'ab'],
    ['{{- .Version}}', 'v1.31.3'],
    ['a  {{- /* x */}}  {{- .Version}}', 'av1.31.3'],
    ['{{.Version -}}  {{.Version}}', 'v1.31.3v1.31.3'],
  ])('renders %j as Go does', (template, expected) => {
    expect(renderTemplate(template, VALUES)).toBe(expected)
  })

  it.each([
    ['a\n b {{.Nope}}', 'line 2, column 4: .Nope is not known: Version, Masters, None, Empty, Yes, No are'],
    ['{{.constructor}}', 'line 1, column 1: .constructor is not known'],
    ['{{if .No}}{{.Nope}}{{end}}', 'line 1, column 11: .Nope is not known'],
    ['{{range .None}}{{.Version}}{{end}}', 'line 1, column 16: .Version cannot be used inside {{range}}'],
    ['{{.}}', 'line 1, column 1: . is for the inside of {{range}}'],
    ['{{.Masters}}', 'line 1, column 1: .Masters is a list: write {{range .Masters}}'],
    ['{{range .Version}}{{end}}', 'line 1, column 1: .Version is not a list'],
    ['{{range .Masters}}{{range .}}{{end}}{{end}}', 'line 1, column 19: . is not a list'],
    ['{{.Version', 'line 1, column 1: {{ without }}'],
    ['{{/* x }}', 'line 1, column 1: a comment without */'],
    ['{{/* x */ }}', 'line 1, column 1: a comment must end with */}} or */ -}}'],
    ['{{ /* x */}}', 'line 1, column 1: {{/* x */}} is not supported'],
    ['{{if .Yes}}\n{{else}}', 'line 1, column 1: {{if}} without {{end}}'],
    ['x\n{{end}}', 'line 2, column 1: {{end}} without {{if}} or {{range}}'],
    ['{{else}}', 'line 1, column 1: {{else}} without {{if}} or {{range}}'],
    ['{{if .Yes}}{{else}}{{else}}{{end}}', 'line 1, column 20: a second {{else}}'],
    ['{{with .Version}}{{end}}', 'line 1, column 1: {{with .Version}} is not supported'],
    ['{{.Version | printf "%s"}}', 'is not supported: there are {{.Name}}, {{.}}, {{if .Name}}'],
    ['{{printf "}}"}}', 'is not supported'],
    ['{{range $i, $m := .Masters}}{{end}}', 'is not supported'],
    ['{{$.Version}}', 'is not supported'],
    ['{{.A.B}}', 'is not supported'],
    ['{{if eq .Version "x"}}{{end}}', 'is not supported'],
    ['{{if .No}}{{else if .Yes}}{{end}}', 'is not supported'],
    ['{{template "x"}}', 'is not supported'],
    ['{{}}', '{{}} is not supported'],
    ['{{-}}', '{{-}} is not supported'],
    ['{{-.Version}}', '{{-.Version}} is not supported'],
    ['{{.Version-}}', '{{.Version-}} is not supported'],
    ['{{\u00a0.Version}}', 'is not supported'],
  ])('refuses %j', (template, message) => {
    expect(() => renderTemplate(template, VALUES)).toThrow(TemplateError)
    expect(() => renderTemplate(template, VALUES)).toThrow(message)
  })

  it('gives back text without actions as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('{{'))
        expect(renderTemplate(text, {})).toBe(text)
      }),
    )
  })

  it('renders or refuses anything, and never fails in another way', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '- ',
      ' -',
      '/*',
      '*/',
      '.',
      'Version',
      'if',
      'range ',
      '.Masters',
      'end',
      'else',
      ' ',
      '\n',
      'x',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          expect(typeof renderTemplate(pieces.join(''), VALUES)).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError)
        }
      }),
    )
  })
})
