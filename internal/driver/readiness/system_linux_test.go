package readiness

import (
	"os"
	"os/exec"
	"testing"

	"iocp/internal/driver/eventset"
	"iocp/internal/driver/eventset/queuetest"
)

// systemVar, in the environment, is "kqueue" to have the tests use its sets.
const systemVar = "IOCP_EVENTSET"

// system is whose sets the tests use.
func system() eventset.System {
	if os.Getenv(systemVar) == "kqueue" {
		return eventset.Kqueue(queuetest.New)
	}
	return eventset.Epoll()
}

// TestAllOverKqueue runs all the other tests of this package with the sets of
// kqueue(2), over a queue made of epoll.
func TestAllOverKqueue(t *testing.T) {
	if os.Getenv(systemVar) != "" {
		return // it is one of those
	}
	tests := exec.Command(os.Args[0], "-test.timeout=5m", "-test.v")
	tests.Env = append(os.Environ(), systemVar+"=kqueue")
	if out, err := tests.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
