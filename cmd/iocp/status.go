package main

import (
	"fmt"
	"os"

	"golang.org/x/term"
)

// statusWidth keeps the line on one row of a common terminal.
const statusWidth = 79

// statusLine is one line on standard error that changes while something takes
// its time. It is nil, and shows nothing, where nobody would see it change.
type statusLine struct{ shown bool }

func newStatusLine() *statusLine {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return &statusLine{}
}

func (s *statusLine) show(text string) {
	if s == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "\r%-*.*s", statusWidth, statusWidth, text)
	s.shown = true
}

// clear leaves the row to what is printed next.
func (s *statusLine) clear() {
	if s != nil && s.shown {
		fmt.Fprintf(os.Stderr, "\r%*s\r", statusWidth, "")
	}
}
