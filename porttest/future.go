package porttest

import "time"

// A future is what a goroutine will have found out.
type future[V any] struct {
	t    *trial
	what string
	done chan struct{}
	val  V
	err  error
}

// background runs f, which must be bounded by itself, on a goroutine.
func background[V any](t *trial, what string, f func() (V, error)) *future[V] {
	fut := &future[V]{t: t, what: what, done: make(chan struct{})}
	go func() {
		defer close(fut.done)
		fut.val, fut.err = f()
	}()
	return fut
}

// result waits until f has returned.
func (f *future[V]) result() (V, error) {
	f.t.Helper()
	select {
	case <-f.done:
	case <-time.After(f.t.left()):
		f.t.giveUp(f.what)
	}
	return f.val, f.err
}

// must is result for an f that may not fail.
func (f *future[V]) must() V {
	f.t.Helper()
	v, err := f.result()
	if err != nil {
		f.t.Fatalf("%s: %v", f.what, err)
	}
	return v
}
