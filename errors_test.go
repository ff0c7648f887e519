package iocp_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"iocp"
	"iocp/internal/driver"
)

// classes are those that an error may be of; it is of one only.
var classes = map[string]error{
	"ErrAborted": iocp.ErrAborted, "ErrNotFound": iocp.ErrNotFound, "ErrWouldBlock": iocp.ErrWouldBlock,
	"ErrReset": iocp.ErrReset, "ErrRefused": iocp.ErrRefused, "ErrConnAborted": iocp.ErrConnAborted,
	"ErrTimedOut": iocp.ErrTimedOut, "ErrUnreachable": iocp.ErrUnreachable, "ErrNotConnected": iocp.ErrNotConnected,
	"ErrConnected": iocp.ErrConnected, "ErrShutdown": iocp.ErrShutdown, "ErrAddrInUse": iocp.ErrAddrInUse,
	"ErrAddrNotAvail": iocp.ErrAddrNotAvail, "ErrAccess": iocp.ErrAccess, "ErrInvalid": iocp.ErrInvalid,
	"ErrNotSupported": iocp.ErrNotSupported, "ErrLimit": iocp.ErrLimit, "ErrAssociated": iocp.ErrAssociated,
	"ErrNotAssociated": iocp.ErrNotAssociated, "ErrBusy": iocp.ErrBusy, "ErrSystem": iocp.ErrSystem,
	"ErrMessageSize": iocp.ErrMessageSize, "ErrBrokenPipe": iocp.ErrBrokenPipe,
	"net.ErrClosed": net.ErrClosed, "os.ErrDeadlineExceeded": os.ErrDeadlineExceeded,
	"fs.ErrNotExist": fs.ErrNotExist, "fs.ErrExist": fs.ErrExist,
}

// expect checks that err is of the named class, and of no other.
func expect(t *testing.T, err error, class string) {
	t.Helper()
	for name, c := range classes {
		if is := errors.Is(err, c); is != (name == class) {
			t.Errorf("%v: being %s is %v, want class %s", err, name, is, class)
		}
	}
}

// TestErrorsProvoked has each class on each backend provoked, or else held to the
// system's table.
func TestErrorsProvoked(t *testing.T) {
	onBackendsAndSim(t, func(t *testing.T, backend string) {
		shown := map[string]bool{}
		for _, p := range provocations {
			t.Run(p.class, func(t *testing.T) {
				defer func() { shown[p.class] = shown[p.class] || !t.Skipped() }()
				expect(t, p.by(newBench(t, backend)), p.class)
			})
		}
		for _, p := range deprivations {
			t.Run("deprived_"+p.class, func(t *testing.T) {
				if strings.HasPrefix(backend, "sim") && p.class != "ErrLimit" {
					t.Skip("capability: the simulator asks no kernel for a connection")
				}
				defer func() { shown[p.class] = shown[p.class] || !t.Skipped() }()
				inChild(t, func(t *testing.T) { expect(t, p.by(newBench(t, backend)), p.class) })
			})
		}
		for class := range classes {
			if !shown[class] {
				t.Run("tabled_"+class, func(t *testing.T) { tabled(t, class) })
			}
		}
	})
}

// unmet are the classes that no number has on some system, and why none is met there.
var unmet = map[string]string{
	"ErrConnAborted": "on Windows the numbers that sound like it are resets (C70), and AcceptEx goes on",
}

// tabled checks that what the system has numbers for gets its class by them.
func tabled(t *testing.T, class string) {
	if class == "ErrSystem" {
		expect(t, driver.Failed("call", syscall.Errno(1<<20)), class)
		return
	}
	found := 0
	for of, table := range driver.Tables() {
		for errno, c := range table {
			if c == classes[class] {
				found++
				expect(t, of("call", errno), class)
			}
		}
	}
	if found == 0 && unmet[class] == "" {
		t.Errorf("nothing provokes %s here, and no number of this system's is of it", class)
	}
}

// TestErrorsShown holds docs/errors.md, and what is provoked, to the classes that
// there are.
func TestErrorsShown(t *testing.T) {
	provoked := map[string]bool{}
	for _, p := range slices.Concat(provocations, deprivations) {
		provoked[p.class] = true
	}
	told := toldErrors(t)
	for class := range classes {
		if !provoked[class] {
			t.Errorf("%s isn't provoked anywhere", class)
		}
		if !told[class] {
			t.Errorf("docs/errors.md doesn't say what provokes %s", class)
		}
	}
	for class := range told {
		if classes[class] == nil {
			t.Errorf("docs/errors.md says what provokes %s, and there is no such class here", class)
		}
	}
	for _, class := range publicErrors(t) {
		if classes[class] == nil && class != "ErrClosed" { // that is net.ErrClosed
			t.Errorf("errors.go has a class %s, which no test knows", class)
		}
	}
	for class := range documentedErrors(t) {
		if classes[class] == nil {
			t.Errorf("docs/errors.md has numbers of %s, which no test knows", class)
		}
	}
}
