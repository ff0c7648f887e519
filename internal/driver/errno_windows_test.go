package driver

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"
)

// What Windows says of its numbers is another's words for another thing, and ends
// with a full stop, which what follows an error runs into.
func TestTextsOnWindows(t *testing.T) {
	all := maps.Clone(classes)
	maps.Copy(all, fileClasses)
	maps.Copy(all, pipeClasses)
	for errno, class := range all {
		want := fmt.Sprintf("%v (WSARecv, Windows error %d)", class, uintptr(errno))
		if got := (&SysError{Call: "WSARecv", Class: class, Errno: errno}).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	const userMapped = syscall.Errno(1224)
	got := Failed("WriteFile", userMapped)
	if !errors.Is(got, ErrUnclassified) || !strings.HasSuffix(got.Error(), " (WriteFile, Windows error 1224)") ||
		strings.Contains(got.Error(), ".") || strings.Contains(got.Error(), ErrUnclassified.Error()) {
		t.Errorf("without a class: %q", got)
	}
	if got := Failed("open", syscall.ENOTSUP); strings.Contains(got.Error(), "Windows error") {
		t.Errorf("package syscall's own number: %q", got)
	}
}
