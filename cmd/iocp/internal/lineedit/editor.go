// Package lineedit reads lines from a terminal in raw mode while others are
// printed above the one that is being typed. That one keeps to a row of the
// screen: of a longer one a part is shown.
//
// How many cells a character takes depends on the terminal. So what is shown
// never relies on it: the cursor is put where the terminal itself was when it
// had printed what is left of it, and what doesn't fit after all isn't wrapped.
package lineedit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"iocp/cmd/iocp/internal/harmless"
)

const (
	// LineMax bounds a line, in bytes. More isn't taken, and the user told.
	LineMax = 64 << 10

	historyMax   = 100 // lines
	columnsLeast = 8   // below which we don't go along
	columnsUsual = 80
)

const (
	prompt       = "> "
	promptHidden = "< " // there is more on the left

	// Control sequences: see ECMA-48, and for the others "ctlseqs" of xterm.
	clearRow    = "\r\x1b[K"
	clearScreen = "\x1b[H\x1b[2J"
	saveCursor  = "\x1b7"
	backToSaved = "\x1b8"
	wrapOff     = "\x1b[?7l"
	wrapOn      = "\x1b[?7h"
	bell        = "\a"
)

// Editor is a terminal. ReadLine is for one goroutine at a time, Write for any.
type Editor struct {
	in    io.Reader
	out   io.Writer
	size  func() (columns, rows int, err error)
	chunk [4 << 10]byte
	typed []byte // read, and not yet handled
	chars []byte // characters among it, to be inserted at a time

	mu      sync.Mutex
	line    line
	history history
	full    bool // and the user knows
	closed  bool
	shown   bytes.Buffer
}

// New takes over a terminal, which has to be in raw mode, and prompts. size
// tells how large its window is now.
func New(in io.Reader, out io.Writer, size func() (columns, rows int, err error)) *Editor {
	e := &Editor{in: in, out: out, size: size}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.draw()
	e.flush()
	return e
}

// Close takes the line that is being typed off the screen. Nothing is printed
// from then on, and a ReadLine that waits goes on doing so.
func (e *Editor) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.shown.WriteString(clearRow)
		e.flush()
	}
	e.closed = true
}

// Write prints whole lines above the one that is being typed.
func (e *Editor) Write(text []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, io.ErrClosedPipe
	}
	e.print(string(text))
	if err := e.flush(); err != nil {
		return 0, err
	}
	return len(text), nil
}

// ReadLine returns the next line that was typed. Its end, or an interrupt, is
// io.EOF.
func (e *Editor) ReadLine() (string, error) {
	for {
		if text, done, err := e.handle(); done {
			return text, err
		}
		n, err := e.in.Read(e.chunk[:])
		e.typed = append(e.typed, e.chunk[:n]...)
		if n == 0 && err != nil {
			return "", err
		}
	}
}

// handle does what was typed, up to the end of a line.
func (e *Editor) handle() (text string, done bool, err error) {
	if len(e.typed) == 0 {
		return "", false, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	defer e.flush()
	defer e.draw()
	used := 0
	defer func() { e.typed = e.typed[:copy(e.typed, e.typed[used:])] }()
	for used < len(e.typed) {
		k, size := nextKey(e.typed[used:])
		if size == 0 {
			break
		}
		used += size
		if k >= 0 {
			e.chars = utf8.AppendRune(e.chars, rune(k))
			continue
		}
		e.insert()
		switch {
		case k == enter:
			return e.enter(), true, nil
		case k == leave, k == removeOrLeave && e.line.text == "":
			return "", true, io.EOF
		}
		e.do(k)
	}
	e.insert()
	return "", false, nil
}

// do is what keys do that aren't characters.
func (e *Editor) do(k key) {
	l := &e.line
	switch k {
	case left:
		l.at = l.before()
	case right:
		l.at = l.after()
	case home:
		l.at = 0
	case end:
		l.at = len(l.text)
	case up:
		e.history.back(l)
	case down:
		e.history.forth(l)
	case backspace:
		l.cut(l.before(), l.at)
	case remove, removeOrLeave:
		l.cut(l.at, l.after())
	case removeWord:
		l.cut(l.word(), l.at)
	case removeLeft:
		l.cut(0, l.at)
	case removeRight:
		l.cut(l.at, len(l.text))
	case redraw:
		e.shown.WriteString(clearScreen)
	}
}

// insert takes the characters that were typed at a time, as harmless as others
// will see them.
func (e *Editor) insert() {
	if len(e.chars) == 0 {
		return
	}
	text := string(harmless.AppendVisible(nil, e.chars))
	e.chars = e.chars[:0]
	room := LineMax - len(e.line.text)
	if len(text) <= room {
		e.line.insert(text)
		return
	}
	for room > 0 && !utf8.RuneStart(text[room]) {
		room--
	}
	e.line.insert(text[:room])
	e.shown.WriteString(bell)
	if !e.full {
		e.print(fmt.Sprintf("*** this line has %d bytes, and no more fit: the rest isn't taken\n", len(e.line.text)))
	}
	e.full = true
}

// enter leaves the whole line on the screen, and begins another one.
func (e *Editor) enter() string {
	text := e.line.text
	e.shown.WriteString(clearRow + prompt + text + "\r\n")
	e.history.add(text)
	e.line.set("")
	e.full = false
	return text
}

// print puts whole lines where the line is that is being typed, which moves
// below them.
func (e *Editor) print(lines string) {
	e.shown.WriteString(clearRow)
	e.shown.WriteString(strings.ReplaceAll(lines, "\n", "\r\n"))
	e.draw()
}

// draw shows the line in its row. The last column stays free for the cursor.
func (e *Editor) draw() {
	columns, _, err := e.size()
	if err != nil || columns == 0 {
		columns = columnsUsual
	}
	w := e.line.see(max(columns, columnsLeast) - len(prompt) - 1)
	mark := prompt
	if w.hidden {
		mark = promptHidden
	}
	space := strings.NewReplacer("\t", " ")
	for _, part := range []string{clearRow, wrapOff, mark, space.Replace(w.left), saveCursor, space.Replace(w.right), backToSaved, wrapOn} {
		e.shown.WriteString(part)
	}
}

// flush hands over at once what is to be shown. A terminal that is gone is for
// the reader to notice.
func (e *Editor) flush() error {
	defer e.shown.Reset()
	if e.closed {
		return nil
	}
	_, err := e.out.Write(e.shown.Bytes())
	return err
}
