package iocp_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"iocp"
)

// tinyMark, in the environment, makes the test binary try to make ports, named
// by the mark, before anything in it has started a timer.
const tinyMark = "IOCP_TEST_TINY"

// tinyMakes makes a port and says which it got, or that it met a limit.
func tinyMakes(backend string) {
	p, err := iocp.New(iocp.Config{Backend: strings.TrimPrefix(backend, "any")})
	switch {
	case errors.Is(err, iocp.ErrLimit):
		fmt.Print("limit: ", err)
	case err != nil:
		fmt.Print("error: ", err)
	default:
		fmt.Print("port: ", p.Backend())
	}
	os.Exit(0)
}

// Under any limit of descriptors New makes the port that it makes without one, or
// says that it met the limit. Go's runtime, which needs some of its own, would
// end the process.
func TestTinyDescriptorLimits(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skipf("capability: %v", err)
	}
	makes := func(limit, backend string) string {
		cmd := exec.Command(shell, "-c", "ulimit -n "+limit+` && exec "$0"`, os.Args[0])
		cmd.Env = append(os.Environ(), tinyMark+"="+backend, "IOCP_BACKEND=", "GORACE=atexit_sleep_ms=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("with %s descriptors, backend %s: %v\n%s", limit, backend, err, out)
		}
		return string(out)
	}
	for _, backend := range append(iocp.Backends(), "any", "sim:1") {
		usual := makes("100", backend)
		met := 0
		for limit := 4; limit <= 14; limit++ {
			got := makes(fmt.Sprint(limit), backend)
			if strings.HasPrefix(got, "limit: ") && strings.Contains(got, "ulimit -n") {
				met++
			} else if got != usual {
				t.Errorf("with %d descriptors, backend %s: %s; usually %s", limit, backend, got, usual)
			}
		}
		if met == 0 || met == 11 {
			t.Errorf("backend %s: %d of 11 limits were met", backend, met)
		}
	}
}
