//go:build race || invariants

package invariant_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"iocp/internal/invariant"
)

func told(t *testing.T, h *invariant.History) (lines []string) {
	t.Helper()
	defer func() {
		lines = strings.Split(fmt.Sprint(recover()), "\n")
	}()
	h.Fail("it is wrong")
	return nil
}

func TestHistoryTellsTheLatest(t *testing.T) {
	var h invariant.History
	h.Note(invariant.Event{What: "before it began"})
	if got := told(t, &h); len(got) != 2 || got[0] != "iocp: it is wrong" || !strings.Contains(got[1], "no history") {
		t.Fatalf("before it began: %q", got)
	}
	h.Begin(invariant.Event{What: "begun", Kind: "walk"})
	for i := range 20 {
		h.Note(invariant.Event{What: "step", N: i, Err: errors.New("stumbled")})
	}
	got := told(t, &h)
	if got[0] != "iocp: it is wrong" || !strings.Contains(got[1], "oldest first") {
		t.Fatalf("it begins %q", got[:2])
	}
	events := got[2:]
	if len(events) < 8 || len(events) > 20 {
		t.Fatalf("%d events", len(events))
	}
	for i, e := range events {
		want := fmt.Sprintf("\tstep, %d bytes, error: stumbled: ", 20-len(events)+i)
		if !strings.HasPrefix(e, want) || !strings.Contains(e, "history_test.go:") {
			t.Errorf("event %d is %q, want %q and a place in this file", i, e, want)
		}
	}
}

func TestHistoryStaysWhereItBegan(t *testing.T) {
	var a, b invariant.History
	if a.Moved() {
		t.Error("it has moved before it began")
	}
	a.Begin(invariant.Event{What: "begun", Kind: "walk"})
	b.Begin(invariant.Event{What: "begun"})
	if a.Moved() || b.Moved() {
		t.Error("it has moved where it is")
	}
	if got := told(t, &a); len(got) != 3 || !strings.HasPrefix(got[2], "\twalk begun, 0 bytes: ") {
		t.Errorf("%q", got)
	}
}
