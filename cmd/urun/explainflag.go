package main

import (
	"errors"

	"github.com/alecthomas/kong"

	"github.com/urun-project/urun/internal/container"
)

// explainFlag is --explain or --explain=json, and --timing; empty without the flag.
type explainFlag string

const (
	explainText explainFlag = "text"
	explainJSON explainFlag = "json"
)

// IsBool makes the value optional: for the parser the flag is one that may be alone.
func (*explainFlag) IsBool() bool { return true }

// Decode reads what follows "=" where there is something.
func (f *explainFlag) Decode(ctx *kong.DecodeContext) error {
	value := string(explainText)
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		value = ctx.Scan.Pop().String()
	}
	if !f.set(value) {
		return errors.New("write it without a value, =text or =json")
	}
	return nil
}

// set tells whether the value is one.
func (f *explainFlag) set(value string) bool {
	*f = explainFlag(value)
	return *f == explainText || *f == explainJSON
}

// print shows what would be done.
func (f explainFlag) print(plan *container.Plan) error {
	if f == explainText {
		return printText(plan.Text())
	}
	return printJSON(plan.JSON())
}
