package join

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandEscapes makes a console interpret the escape sequences with which
// the line editor moves the cursor; see "Console Virtual Terminal Sequences"
// on learn.microsoft.com. The result undoes it.
func understandEscapes(out *os.File) (undo func()) {
	h := windows.Handle(out.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil ||
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return func() {}
	}
	return func() { windows.SetConsoleMode(h, mode) }
}
