package portable

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"iocp/internal/driver"
)

func TestAttachKnowsItsOwnPorts(t *testing.T) {
	b, c := newBench(t), newBench(t)
	s, err := b.port.NewStream(false)
	b.must(err)
	if err := s.Attach(nil); !errors.Is(err, driver.ErrInvalid) {
		t.Fatalf("attach to no port: %v", err)
	}
	b.must(s.Attach(c.port))
	late, err := b.port.NewStream(false)
	b.must(err)
	b.port.Shut()
	if err := late.Attach(b.port); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("attach to a port that is shut: %v", err)
	}
}

func TestWakeIsSticky(t *testing.T) {
	b := newBench(t)
	b.port.Wake()
	b.port.Wake()
	start := time.Now()
	b.must(b.port.Poll(bound))
	if time.Since(start) >= bound {
		t.Fatal("a wake before Poll was lost")
	}
	b.must(b.port.Poll(time.Millisecond))
	b.must(b.port.Poll(0))
}

func TestErrorsCarryClassAndNumber(t *testing.T) {
	err := sysError(&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.Errno(1<<20))})
	var sys *driver.SysError
	if !errors.As(err, &sys) || sys.Call != "read" || sys.Errno != 1<<20 || !errors.Is(err, driver.ErrUnclassified) {
		t.Errorf("an unknown number became %v", err)
	}
	if err := sysError(io.ErrUnexpectedEOF); !errors.Is(err, driver.ErrUnclassified) {
		t.Errorf("an error without a number became %v", err)
	}
}
