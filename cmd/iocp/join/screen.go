package join

import (
	"bufio"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"iocp/cmd/iocp/internal/lineedit"
)

// A Screen is what the user sees and types on. Write may be called while
// ReadLine waits.
type Screen interface {
	ReadLine() (string, error)
	io.Writer
}

// openScreen prepares the user's side: lines can be edited where both ends are
// terminals, in which case tty isn't nil.
func openScreen(in, out *os.File) (screen Screen, tty *terminal, err error) {
	inFd, outFd := int(in.Fd()), int(out.Fd())
	if !term.IsTerminal(inFd) || !term.IsTerminal(outFd) {
		return &plain{bufio.NewReader(in), out}, nil, nil
	}
	state, err := term.MakeRaw(inFd)
	if err != nil {
		return nil, nil, err
	}
	resetOutput := understandEscapes(out)
	size := func() (int, int, error) { return term.GetSize(outFd) }
	tty = &terminal{Editor: lineedit.New(in, out, size)}
	tty.restore = sync.OnceFunc(func() {
		resetOutput()
		term.Restore(inFd, state)
	})
	return tty, tty, nil
}

// terminal is a line editor on a terminal in raw mode.
type terminal struct {
	*lineedit.Editor
	restore func() // puts the terminal back into the state it was found in
}

func (t *terminal) close() {
	t.Editor.Close()
	t.restore()
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
