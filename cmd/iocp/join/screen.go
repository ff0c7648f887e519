package join

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// openScreen prepares the user's side. restore puts a terminal back into the
// state it was found in.
func openScreen(in, out *os.File) (screen Screen, restore func(), err error) {
	inFd, outFd := int(in.Fd()), int(out.Fd())
	if !term.IsTerminal(inFd) || !term.IsTerminal(outFd) {
		return &plain{bufio.NewReader(in), out}, func() {}, nil
	}
	state, err := term.MakeRaw(inFd)
	if err != nil {
		return nil, nil, err
	}
	resetOutput := understandEscapes(out)
	size := func() (int, int, error) { return term.GetSize(outFd) }
	screen = newEditor(struct {
		io.Reader
		io.Writer
	}{in, out}, size)
	return screen, func() {
		io.WriteString(out, "\r\n")
		resetOutput()
		term.Restore(inFd, state)
	}, nil
}

// editor is a terminal on which a line is edited while others come in. It
// follows the window's size.
type editor struct {
	*term.Terminal
	size func() (width, height int, err error)
}

func newEditor(rw io.ReadWriter, size func() (int, int, error)) *editor {
	e := &editor{term.NewTerminal(rw, "> "), size}
	e.fit()
	return e
}

func (e *editor) fit() {
	if width, height, err := e.size(); err == nil && width > 0 {
		e.SetSize(width, height)
	}
}

// ReadLine returns the next line. What the user pastes counts as typed.
func (e *editor) ReadLine() (string, error) {
	e.fit()
	line, err := e.Terminal.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, err
}

// Write prints whole lines above the one that is being typed.
func (e *editor) Write(text []byte) (int, error) {
	e.fit()
	return e.Terminal.Write(text)
}

// plain is for input and output that aren't both terminals.
type plain struct {
	in *bufio.Reader
	io.Writer
}

// ReadLine returns the next line without its end. A last line may end with
// the input.
func (p *plain) ReadLine() (string, error) {
	line, err := p.in.ReadString('\n')
	if err != nil && line == "" {
		return "", err
	}
	line = strings.TrimSuffix(line, "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
