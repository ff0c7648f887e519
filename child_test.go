package iocp_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"iocp/internal/refuse"
)

// childMark, in the environment, names the test that a child process is for.
const childMark = "IOCP_TEST_CHILD"

// childBound is how long a child may take.
const childBound = time.Minute

// inChild runs body in a process of its own: the test binary again, with this
// test only. What body does to its process ends with it.
func inChild(t *testing.T, body func(*testing.T)) {
	t.Helper()
	if isChild(t) {
		body(t)
		return
	}
	out, err := child(t)
	_, why, skipped := bytes.Cut(out, []byte("capability: "))
	switch {
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case skipped:
		line, _, _ := bytes.Cut(why, []byte("\n"))
		t.Skipf("capability: %s", line)
	case !bytes.Contains(out, []byte("--- PASS: "+t.Name())):
		t.Fatalf("the child ran something else:\n%s", out)
	}
}

// isChild reports whether this process was started by child for this test.
func isChild(t *testing.T) bool { return os.Getenv(childMark) == t.Name() }

// child runs this test in a process of its own, and gives what it prints and how
// it ends.
func child(t *testing.T) (out []byte, err error) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+onlyThis(t), "-test.v", "-test.timeout="+childBound.String())
	cmd.Env = append(os.Environ(), childMark+"="+t.Name(), "IOCP_BACKEND=", "IOCP_DISABLE=",
		"GORACE=atexit_sleep_ms=0") // or a checked child lingers for a second
	return cmd.CombinedOutput()
}

// onlyThis is the -test.run pattern of a test, each level of which it anchors.
func onlyThis(t *testing.T) string {
	var levels []string
	for level := range strings.SplitSeq(t.Name(), "/") {
		levels = append(levels, "^"+regexp.QuoteMeta(level)+"$")
	}
	return strings.Join(levels, "/")
}

// suffer makes the process be refused something, or skips the test where the
// system has no means to.
func suffer(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, refuse.ErrHere) {
		t.Skipf("capability: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
