package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func decoded(t testing.TB, s string) any {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

const formatted = `{"ID":"a1","Name":"<web>","name":"small","Pid":12345678901234567,"Half":0.5,"Big":1e6,"Nothing":null,"Yes":true,"No":false,"Zero":0,
	"NoText":"","ZeroText":"0","Ports":["80","443"],"Empty":[],"Labels":{"a.b/c":"x","k}}":"y"},"Net":{"Name":"pasta","IPs":[{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]}}`

func TestFormatFillsIn(t *testing.T) {
	v := decoded(t, formatted)
	for format, want := range map[string]string{
		"":                            "",
		"plain":                       "plain",
		`a\tb\nc`:                     "a\tb\nc",
		"{{.ID}}":                     "a1",
		`{{ .ID	}}\t{{.Name}}`:        "a1\t<web>",
		"{{.name}}/{{.NAME}}":         "small/<web>",
		"{{.pid}} {{.Half}} {{.big}}": "12345678901234567 0.5 1000000",
		"{{.Nothing}}{{.Yes}}":        "true",
		"{{.Nothing.Or.Else}}":        "",
		"{{.Net.Name}}":               "pasta",
		"{{.Ports}}":                  `["80","443"]`,
		"{{json .Name}}":              `"<web>"`,
		"{{json .Nothing}}":           "null",
		"{{json .Net.IPs}}":           `[{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]`,
		`{{index .Labels "a.b/c"}}`:   "x",
		`{{index .Labels "k}}"}}!`:    "y!",
		`{{index .Labels "A.B/C"}}`:   "",
		`{{index .Nothing "x" 0}}`:    "",
		"{{index .Ports 1}}":          "443",
		`{{index .Net "IPs" 1 "IP"}}`: "10.0.0.2",
		"{{len .Ports}}{{len .ID}}{{len .Labels}}{{len .Nothing}}": "2220",
		"{{upper .ID}}{{lower .Yes}}":                              "A1true",
		`{{join .Ports ", "}}`:                                     "80, 443",
		`{{join .Ports "\n"}}`:                                     "80\n443",
		`{{join .Empty ","}}`:                                      "",
		`{{range .Ports}}[{{.}}]\n{{end}}`:                         "[80]\n[443]\n",
		"{{range .Net.IPs}}{{.IP}} {{end}}":                        "10.0.0.1 10.0.0.2 ",
		"{{range .Labels}}{{.}}{{end}}":                            "xy",
		"{{range .Empty}}x{{else}}none{{end}}":                     "none",
		"{{range .Nothing}}x{{end}}":                               "",
		"{{if .Yes}}y{{else}}n{{end}}{{if .No}}y{{else}}n{{end}}":  "yn",
		"{{if .Zero}}0{{end}}{{if .Empty}}e{{end}}{{if .NoText}}t{{end}}{{if .Nothing}}n{{end}}":  "",
		"{{if .ZeroText}}0{{end}}{{if .Ports}}p{{end}}{{if .Half}}h{{end}}{{if .Labels}}l{{end}}": "0phl",
		"{{if .Yes}}{{range .Ports}}{{if .}}{{.}}{{else}}-{{end}}{{end}}{{end}}":                  "80443",
	} {
		l, err := parseFormat(format)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if got, err := l.render(v); err != nil || got != want {
			t.Errorf("%s gives %q, %v, want %q", format, got, err, want)
		}
	}
	l, err := parseFormat("{{.}}")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"3": "3", `"s"`: "s", "null": "", `[1,"<"]`: `[1,"<"]`, `{"b":1,"a":null}`: `{"a":null,"b":1}`, "-7": "-7", "1.0": "1"} {
		if got, err := l.render(decoded(t, in)); err != nil || got != want {
			t.Errorf("%s gives %q, %v, want %q", in, got, err, want)
		}
	}
	if got, err := l.render(float64(1e15)); err != nil || got != "1000000000000000" {
		t.Errorf("1e15 gives %q, %v", got, err)
	}
}

func TestFormatSaysWhatIsThere(t *testing.T) {
	v := decoded(t, `{"ID":"a","Command":["sh"],"None":{},"Labels":{"b":1},"N":5}`)
	for format, want := range map[string]string{
		"{{.Nmae}}":                       "{{.Nmae}}: there is no field Nmae; there are Command, ID, Labels, N, None",
		"{{ .Labels.X }}":                 "{{ .Labels.X }}: there is no field X; there are b",
		"{{.ID.X}}":                       "{{.ID.X}}: there is no field X, nor any other",
		"{{.None.X}}":                     "{{.None.X}}: there is no field X, nor any other",
		"{{if .X}}{{end}}":                "{{if .X}}: there is no field X; there are Command, ID, Labels, N, None",
		"{{index .Command 1}}":            "{{index .Command 1}}: there is no element 1; the list has 1",
		"{{index .Command -1}}":           "{{index .Command -1}}: there is no element -1; the list has 1",
		`{{index .Command "a"}}`:          `{{index .Command "a"}}: a list takes a number, and what has fields a name in quotes`,
		"{{index .Labels 0}}":             `{{index .Labels 0}}: a list takes a number, and what has fields a name in quotes`,
		"{{len .N}}":                      "{{len .N}}: this is not a list",
		`{{join .ID ","}}`:                `{{join .ID ","}}: this is not a list`,
		"{{range .N}}{{end}}":             "{{range .N}}: this is not a list",
		"{{range .Command}}{{.X}}{{end}}": "{{.X}}: there is no field X, nor any other",
	} {
		l, err := parseFormat(format)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if got, err := l.render(v); err == nil || err.Error() != want || got != "" {
			t.Errorf("%s gives %q, %v, want %s", format, got, err, want)
		}
	}
}

func TestFormatRefusesTheRestOfTemplates(t *testing.T) {
	for _, format := range []string{"{{}}", "{{ID}}", "{{.A | json}}", "{{$x}}", "{{$x := .A}}", `{{printf "%s" .A}}`, "{{- .A -}}", "{{/* a */}}", `{{"a"}}`,
		"{{.A.}}", "{{..}}", "{{.A.B-C}}", "{{.A .B}}", "{{json}}", "{{json .A .B}}", "{{json (index .A 0)}}", "{{index .A}}", "{{index .A b}}", "{{index .A '0'}}",
		"{{join .A}}", "{{join .A 1}}", `{{join .A "," ","}}`, "{{if eq .A 1}}{{end}}", "{{range $i, $e := .A}}{{end}}", "{{if .A}}{{else if .B}}{{end}}",
		"{{with .A}}{{end}}", "{{template .A}}", "{{.A}extra}}", "{{end .A}}", `{{.A ""}}`} {
		l, err := parseFormat(format)
		if err == nil || !strings.HasPrefix(err.Error(), "{{") || !strings.Contains(err.Error(), " is not supported; write {{.Field}}, ") {
			t.Errorf("%s gives %+v, %v", format, l, err)
		}
	}
	for format, want := range map[string]string{
		"{{.A":                             `a }} is missing in "{{.A"`,
		"{{.A}":                            `a }} is missing in "{{.A}"`,
		`{{index .A "b}}`:                  `a quote is not closed in "{{index .A \"b}}"`,
		"{{end}}":                          "{{end}} is behind no {{if}} or {{range}}",
		"a{{else}}":                        "{{else}} is behind no {{if}} or {{range}}",
		"{{range .}}":                      "{{range .}} has no {{end}}",
		"{{if .A}}{{else}}":                "{{if .A}} has no {{end}}",
		"{{if .A}}{{else}}{{else}}{{end}}": "{{if .A}} has no {{end}}",
		"{{if .A}}{{range .B}}{{end}}":     "{{if .A}} has no {{end}}",
		"{{if .A}}{{end}}{{end}}":          "{{end}} is behind no {{if}} or {{range}}",
	} {
		if l, err := parseFormat(format); err == nil || err.Error() != want {
			t.Errorf("%s gives %+v, %v, want %s", format, l, err, want)
		}
	}
}

func TestFormatOfATable(t *testing.T) {
	for in, want := range map[string]string{"table {{.ID}}": "{{.ID}}", "table   x": "x", "table ": ""} {
		if rest, isTable := tableFormat(in); rest != want || !isTable {
			t.Errorf("%q gives %q, %t", in, rest, isTable)
		}
	}
	for _, in := range []string{"", "table", "tables {{.ID}}", "{{.ID}} table ", " table x"} {
		if rest, isTable := tableFormat(in); rest != in || isTable {
			t.Errorf("%q gives %q, %t", in, rest, isTable)
		}
	}
	l, err := parseFormat(`{{.ID}}\t{{.Net.Name}}\t{{len .Ports}}`)
	if err != nil || l.headings() != "ID\tNAME\tPORTS" {
		t.Errorf("%q, %v", l.headings(), err)
	}
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"", "{{.ID}}", `{{index .Labels "k}}"}}`, "{{range .}}{{range .}}{{.}}{{end}}{{else}}x{{end}}", "{{if .Yes}}{{else}}{{end}}", `{{join .Ports "\t"}}`, "{{json .}}",
		"{{.A", "{{\"", "{{}", "{{range .}}{{if .}}", "{{len .Net.IPs}}", "{{index .Net \"IPs\" 0 \"IP\"}}", "{{\xff}}"} {
		f.Add(s, formatted)
	}
	f.Add("{{range .}}{{.}}{{end}}", `[1,[2,"x"],null,1e999]`)
	f.Fuzz(func(t *testing.T, format, value string) {
		l, err := parseFormat(format)
		if err != nil {
			return
		}
		l.headings()
		d := json.NewDecoder(strings.NewReader(value))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		got, err := l.render(v)
		if err != nil && got != "" {
			t.Fatalf("text beside an error: %q, %v", got, err)
		}
		if err == nil && !strings.ContainsAny(format, `{\`) && got != format {
			t.Fatalf("%q gives %q", format, got)
		}
	})
}
