package iocp_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"iocp"
)

// TestMain tells whoever sits at the terminal, in one line, what was skipped
// for lack of a backend. It writes to the terminal itself, because go test
// shows nothing of what a passing package prints. The binary is also a server
// that BenchmarkStall starts.
func TestMain(m *testing.M) {
	if backend := os.Getenv(tinyMark); backend != "" {
		tinyMakes(backend)
	}
	if what := os.Getenv(stallMark); what != "" {
		serveStall(what)
		return
	}
	code := m.Run()
	if line := missing(); line != "" && os.Getenv(childMark) == "" {
		tell(line)
	}
	os.Exit(code)
}

// missing names the backends that this machine doesn't allow, and why.
func missing() string {
	var gone []string
	for _, name := range iocp.Backends() {
		if err := iocp.Probe(name); err != nil {
			gone = append(gone, err.Error())
		}
	}
	if gone == nil {
		return ""
	}
	return "iocp tests skipped here: " + strings.Join(gone, "; ")
}

func tell(line string) {
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONOUT$"
	}
	terminal, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return // nobody is there
	}
	defer terminal.Close()
	fmt.Fprintln(terminal, line)
}
