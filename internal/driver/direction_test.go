package driver_test

import (
	"errors"
	"slices"
	"testing"

	"iocp/internal/driver"
)

// way is a direction with operations on it, and those that a cancel ended.
type way struct {
	driver.Direction
	ops, ended []*driver.Op
}

func newWay(n int) *way {
	w := new(way)
	for range n {
		op := new(driver.Op)
		w.ops = append(w.ops, op)
		w.Push(op)
	}
	return w
}

func (w *way) end(op *driver.Op) { w.ended = append(w.ended, op) }

// want checks what is left, which of that is marked, and what has ended, by number.
func (w *way) want(t *testing.T, left, marked, ended []int) {
	t.Helper()
	if w.Len() != len(left) {
		t.Errorf("%d are left, want %v", w.Len(), left)
	}
	for i, op := range w.ops {
		over := slices.Contains(w.ended, op)
		if w.Contains(op) != slices.Contains(left, i) || op.Canceled != slices.Contains(marked, i) || over != slices.Contains(ended, i) {
			t.Errorf("operation %d: pending %v, marked %v, ended %v; want left %v, marked %v, ended %v",
				i, w.Contains(op), op.Canceled, over, left, marked, ended)
		}
		if over != errors.Is(op.Err, driver.ErrAborted) {
			t.Errorf("operation %d: ended is %v, its error %v", i, over, op.Err)
		}
	}
	for i, n := range ended {
		if i >= len(w.ended) || w.ended[i] != w.ops[n] {
			t.Errorf("they ended in another order than %v", ended)
			break
		}
	}
}

// What waits is ended, wherever it stands.
func TestCancelEndsWhatWaits(t *testing.T) {
	for i := range 3 {
		for _, busy := range []bool{false, true} {
			if busy && i == 0 {
				continue
			}
			w := newWay(3)
			if !w.Cancel(w.ops[i], busy, w.end) || w.Cancel(w.ops[i], busy, w.end) {
				t.Errorf("operation %d, busy %v: not given up exactly once", i, busy)
			}
			w.want(t, slices.DeleteFunc([]int{0, 1, 2}, func(n int) bool { return n == i }), nil, []int{i})
		}
	}
}

// What is busy stays, marked, and is news once.
func TestCancelMarksWhatIsBusy(t *testing.T) {
	w := newWay(2)
	if !w.Cancel(w.ops[0], true, w.end) || w.Cancel(w.ops[0], true, w.end) {
		t.Error("a busy operation isn't given up exactly once")
	}
	w.want(t, []int{0, 1}, []int{0}, nil)
}

// What isn't here is left alone: it may be in use elsewhere.
func TestCancelFindsNothing(t *testing.T) {
	w, other := newWay(1), new(driver.Op)
	var none driver.Direction
	for _, busy := range []bool{false, true} { // busy: with a transfer that has no operation
		if w.Cancel(other, true, w.end) || none.Cancel(other, busy, w.end) || none.CancelAll(busy, w.end) != 0 || other.Canceled || other.Err != nil {
			t.Error("something was found that isn't there")
		}
	}
	w.want(t, []int{0}, nil, nil)
}

func TestCancelAll(t *testing.T) {
	for n := range 4 {
		w := newWay(n)
		all := []int{0, 1, 2}[:n]
		if got := w.CancelAll(false, w.end); got != n {
			t.Errorf("of %d waiting operations %d were news", n, got)
		}
		w.want(t, nil, nil, all)
		if n == 0 {
			continue
		}
		w = newWay(n)
		if got, again := w.CancelAll(true, w.end), w.CancelAll(true, w.end); got != n || again != 0 {
			t.Errorf("of %d operations, one busy, %d were news, and then %d", n, got, again)
		}
		w.want(t, []int{0}, []int{0}, all[1:])
	}
}
