package driver

import (
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"syscall"
	"testing"
)

// Whatever stands around a number, its class is that of the table, or of the
// exceptions for what the call was about.
func TestNumbersHaveClasses(t *testing.T) {
	for _, c := range []struct {
		failed     func(string, error) error
		exceptions map[syscall.Errno]error
	}{{Failed, nil}, {FileFailed, fileClasses}, {PipeFailed, pipeClasses}, {PeerFailed, peerClasses}} {
		want := maps.Clone(classes)
		maps.Copy(want, c.exceptions)
		for errno, class := range want {
			for _, err := range []error{errno, &net.OpError{Op: "read", Err: errno}} {
				got := c.failed("call", err)
				var sys *SysError
				if !errors.As(got, &sys) || sys.Class != class || sys.Errno != errno || !errors.Is(got, class) || !errors.Is(got, errno) {
					t.Errorf("%v became %v, want class %v", err, got, class)
				}
			}
		}
	}
	if got := Failed("call", syscall.Errno(1<<20)); !errors.Is(got, ErrUnclassified) {
		t.Errorf("an unknown number became %v", got)
	}
	if Failed("call", nil) != nil || Failed("call", syscall.Errno(0)) != nil || Failed("call", io.EOF) != io.EOF {
		t.Error("what is no number has been given a class")
	}
}

// An exception says something else than the table.
func TestExceptionsDiffer(t *testing.T) {
	for _, table := range []map[syscall.Errno]error{fileClasses, pipeClasses, peerClasses} {
		for _, errno := range slices.Collect(maps.Keys(table)) {
			if table[errno] == classes[errno] {
				t.Errorf("%v is no exception", errno)
			}
		}
	}
}
