package iocp_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"iocp"
	"iocp/internal/refuse"
)

// needRing skips the test on a machine without io_uring.
func needRing(t *testing.T) {
	t.Helper()
	if !slices.Contains(iocp.Backends(), "uring") {
		t.Skip("capability: this system has no backend uring")
	}
	if err := iocp.Probe("uring"); err != nil {
		t.Skipf("capability: %v", err)
	}
}

// A kernel, a container's profile or a sysctl may refuse io_uring with any of
// these (io_uring_setup(2), seccomp(2)). Then the next backend is taken, and
// Stats says why; one who insists on uring is told what to do.
func TestRefusedRing(t *testing.T) {
	for _, e := range []struct {
		call, name string
		errno      syscall.Errno
	}{
		{"io_uring_setup", "EPERM", syscall.EPERM},
		{"io_uring_setup", "ENOSYS", syscall.ENOSYS},
		{"io_uring_setup", "ENOMEM", syscall.ENOMEM},
		{"io_uring_register", "EPERM", syscall.EPERM},
		{"io_uring_enter", "EPERM", syscall.EPERM},
		{"io_uring_enter", "ENOSYS", syscall.ENOSYS},
	} {
		t.Run(e.call+"_"+e.name, func(t *testing.T) {
			inChild(t, func(t *testing.T) {
				needRing(t)
				suffer(t, refuse.Calls(e.errno, e.call))
				checkPassedOver(t, e.call, e.errno)
			})
		})
	}
}

func checkPassedOver(t *testing.T, call string, errno syscall.Errno) {
	port, err := iocp.New(iocp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	st := port.Stats()
	if st.Backend != "epoll" || len(st.Passed) != 1 || st.Passed[0].Backend != "uring" {
		t.Fatalf("got backend %s, and passed over %v", st.Backend, st.Passed)
	}
	_, insisted := iocp.New(iocp.Config{Backend: "uring"})
	if !errors.Is(insisted, errno) {
		t.Fatalf("backend uring: %v", insisted)
	}
	for _, said := range []string{st.Passed[0].Reason, insisted.Error()} {
		if !strings.Contains(said, call+": "+errno.Error()+" (") {
			t.Errorf("%q doesn't say what was refused, and the remedy", said)
		}
	}
	e := newEchoes(t, port)
	e.round()
}

// Linux before 5.12 counts a ring as locked memory; whatever the kernel makes
// of the limit, there is a port.
func TestNoLockedMemory(t *testing.T) {
	inChild(t, func(t *testing.T) {
		suffer(t, refuse.Privileges())
		suffer(t, refuse.LockedMemory())
		port, err := iocp.New(iocp.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer port.Close()
		for _, p := range port.Stats().Passed {
			if p.Backend == "uring" && strings.Contains(p.Reason, syscall.ENOMEM.Error()) && !strings.Contains(p.Reason, "ulimit -l") {
				t.Errorf("%q gives no remedy", p.Reason)
			}
		}
		newEchoes(t, port).round()
	})
}

// A ring that fails after it has worked takes nothing with it: what it didn't
// do is done by plain calls, and Stats says so.
func TestFailingRing(t *testing.T) {
	for name, errno := range map[string]syscall.Errno{"EPERM": syscall.EPERM, "ENOMEM": syscall.ENOMEM, "ENOSYS": syscall.ENOSYS} {
		t.Run(name, func(t *testing.T) {
			inChild(t, func(t *testing.T) {
				needRing(t)
				port, err := iocp.New(iocp.Config{Backend: "uring"})
				if err != nil {
					t.Fatal(err)
				}
				defer port.Close()
				e := newEchoes(t, port)
				e.round()
				if note := port.Stats().Note; note != "" {
					t.Fatalf("a working ring has the note %q", note)
				}
				suffer(t, refuse.Calls(errno, "io_uring_enter"))
				e.round()
				e.round()
				if note := port.Stats().Note; !strings.Contains(note, "failed after it had worked") || !strings.Contains(note, errno.Error()) {
					t.Errorf("the note is %q", note)
				}
			})
		})
	}
}

// The same while transfers are under way on another goroutine.
func TestRingFailsUnderTraffic(t *testing.T) {
	inChild(t, func(t *testing.T) {
		needRing(t)
		port, err := iocp.New(iocp.Config{Backend: "uring"})
		if err != nil {
			t.Fatal(err)
		}
		defer port.Close()
		e := newEchoes(t, port)
		over := make(chan struct{})
		half := make(chan struct{})
		go func() {
			defer close(over)
			for i := range 400 {
				if i == 50 {
					close(half)
				}
				e.round()
			}
		}()
		<-half
		suffer(t, refuse.Calls(syscall.EPERM, "io_uring_enter"))
		<-over
		if note := port.Stats().Note; !strings.Contains(note, "failed after it had worked") {
			t.Errorf("the note is %q", note)
		}
	})
}

// refusals are what a kernel or a profile answers to calls that it withholds.
var refusals = map[string]syscall.Errno{"EPERM": syscall.EPERM, "ENOSYS": syscall.ENOSYS, "EACCES": syscall.EACCES}

// A kernel without RWF_APPEND, or a profile that hides pwritev2, costs no append.
func TestRefusedAppend(t *testing.T) { checkRefused(t, checkAppends, "pwritev2") }

// What is optional may be withheld also when it has worked: by a profile that a
// program is given after it has made its port.
func TestRefusedLater(t *testing.T) { checkRefused(t, checkTimes, "epoll_pwait2", "pwritev2") }

// checkRefused tries every backend in processes that are refused some calls,
// before and after their port is made.
func checkRefused(t *testing.T, try func(*testing.T, *iocp.Port), calls ...string) {
	for _, backend := range iocp.Backends() {
		for name, errno := range refusals {
			t.Run(backend+"_"+name, func(t *testing.T) {
				inChild(t, func(t *testing.T) {
					first, err := iocp.New(iocp.Config{Backend: backend, Concurrency: 16})
					if err != nil {
						t.Skipf("capability: %v", err)
					}
					defer first.Close()
					try(t, first)
					suffer(t, refuse.Calls(errno, calls...))
					try(t, first)
					second, err := iocp.New(iocp.Config{Backend: backend, Concurrency: 16})
					if err != nil {
						t.Fatal(err)
					}
					defer second.Close()
					try(t, second)
				})
			})
		}
	}
}

// checkTimes has packets come, and timeouts pass, while a worker waits.
func checkTimes(t *testing.T, port *iocp.Port) {
	newEchoes(t, port).round()
	checkAppends(t, port)
	w := port.Worker()
	defer w.Close()
	for _, timeout := range []time.Duration{time.Microsecond, 3 * time.Millisecond} {
		if n, err := w.Wait(make([]iocp.Completion, 1), timeout); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a wait of %v: %d packets, %v", timeout, n, err)
		}
	}
}

// checkAppends has ten appends pending at a time, and looks for each of them.
func checkAppends(t *testing.T, port *iocp.Port) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := port.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := port.Associate(f, nil); err != nil {
		t.Fatal(err)
	}
	var ops [10]iocp.Op
	for i := range ops {
		if err := f.WriteAt(&ops[i], []byte{'0' + byte(i)}, iocp.AtEnd); err != nil {
			t.Fatal(err)
		}
	}
	w := port.Worker()
	defer w.Close()
	for range ops {
		done := make([]iocp.Completion, 1)
		if _, err := w.Wait(done, echoesBound); err != nil || done[0].Err != nil || done[0].N != 1 {
			t.Fatalf("append: %v, %+v", err, done[0])
		}
	}
	text, err := os.ReadFile(path)
	slices.Sort(text)
	if err != nil || string(text) != "0123456789" {
		t.Errorf("the file has %q, %v", text, err)
	}
}

// What a kernel may lack can be switched off, by its name.
func TestSwitchedOff(t *testing.T) {
	t.Setenv("IOCP_BACKEND", "")
	t.Setenv("IOCP_DISABLE", "all")
	port, err := iocp.New(iocp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	newEchoes(t, port).round()
	checkAppends(t, port)
	for _, p := range port.Stats().Passed {
		if !strings.Contains(p.Reason, "IOCP_DISABLE=all") {
			t.Errorf("%s was passed over: %s", p.Backend, p.Reason)
		}
	}
	if port.Backend() == "uring" {
		t.Error("backend uring is in use")
	}
	t.Setenv("IOCP_DISABLE", "submit_al")
	if _, err := iocp.New(iocp.Config{}); err == nil || !strings.Contains(err.Error(), "submit_all") {
		t.Errorf("a misspelt feature: %v", err)
	}
}

func TestWithoutSubmitAll(t *testing.T) {
	t.Setenv("IOCP_DISABLE", "submit_all")
	needRing(t)
	port, err := iocp.New(iocp.Config{Backend: "uring"})
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	newEchoes(t, port).round()
	if note := port.Stats().Note; !strings.Contains(note, "without submit_all") {
		t.Errorf("the note is %q", note)
	}
}
