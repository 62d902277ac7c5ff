package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// recording is a session that was played.
type recording struct{ script []step }

type file struct {
	ending  string
	content []byte
}

func (r recording) files() []file {
	events := r.events()
	return []file{{".txt", []byte(r.text())}, {".cast", cast(events)}, {".svg", []byte(picture(screenOf(events), title))}}
}

const title = "A first session with urun"

// text is the session without any time in it.
func (r recording) text() string {
	var b strings.Builder
	for i, s := range r.script {
		if s.remark != "" {
			if i > 0 {
				b.WriteString("\n")
			}
			b.WriteString("# " + s.remark + "\n")
			continue
		}
		b.WriteString("$ " + s.command + "\n" + strings.ReplaceAll(s.output, "\r\n", "\n"))
	}
	return b.String()
}

// event is what appears at a moment, in seconds after the beginning.
type event struct {
	at   float64
	text string
}

// How someone types and reads, in seconds.
const (
	perLetter = 0.035
	thinks    = 0.7 // before typing
	answers   = 0.2 // after the last letter
	perLine   = 0.25
	reads     = 0.8
)

// What the session is written with (ECMA-48, SGR).
const (
	plain = "\x1b[0m"
	grey  = "\x1b[90m"
	green = "\x1b[1;32m"
)

// events are the session with times.
func (r recording) events() (list []event) {
	at := 0.3
	show := func(text string) { list = append(list, event{math.Round(at*1000) / 1000, text}) }
	for i, s := range r.script {
		if s.remark != "" {
			if i > 0 {
				show("\r\n")
			}
			show(grey + "# " + s.remark + plain + "\r\n")
			at += reads
			continue
		}
		show(green + "$" + plain + " ")
		at += thinks
		for _, letter := range s.command {
			show(string(letter))
			at += perLetter
		}
		at += answers
		show("\r\n" + s.output)
		at += reads + perLine*float64(strings.Count(s.output, "\n"))
	}
	show(green + "$" + plain + " ")
	return list
}

// cast writes events as asciinema does.
func cast(events []event) []byte {
	var b strings.Builder
	line := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings and numbers always can be
		}
		b.Write(text)
		b.WriteString("\n")
	}
	line(struct {
		Version int               `json:"version"`
		Width   int               `json:"width"`
		Height  int               `json:"height"`
		Title   string            `json:"title"`
		Env     map[string]string `json:"env"`
	}{2, columns, rows, title, map[string]string{"SHELL": "/bin/bash", "TERM": "xterm-256color"}})
	for _, e := range events {
		line([]any{json.Number(fmt.Sprintf("%.3f", e.at)), "o", e.text})
	}
	return []byte(b.String())
}
