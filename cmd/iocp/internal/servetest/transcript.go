package servetest

import (
	"bytes"
	"sync"
	"time"
)

// Bound is how long tests wait for anything.
const Bound = time.Minute

// Transcript keeps what is written to it, for others to wait for.
type Transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	closed  bool
	changed chan struct{} // closed, and replaced, at each change
}

// NewTranscript makes an empty one.
func NewTranscript() *Transcript { return &Transcript{changed: make(chan struct{})} }

// Write implements io.Writer for any number of goroutines.
func (tr *Transcript) Write(p []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.wake()
	return tr.text.Write(p)
}

// Close says that nothing more will be written.
func (tr *Transcript) Close() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.closed = true
	tr.wake()
}

func (tr *Transcript) wake() {
	close(tr.changed)
	tr.changed = make(chan struct{})
}

// String is what has been written so far.
func (tr *Transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.text.String()
}

// Await waits until the text satisfies ok. It gives up when the transcript is
// closed, or after Bound.
func (tr *Transcript) Await(ok func(text string) bool) (text string, found bool) {
	timeout := time.After(Bound)
	for {
		tr.mu.Lock()
		text, changed, closed := tr.text.String(), tr.changed, tr.closed
		tr.mu.Unlock()
		if ok(text) {
			return text, true
		}
		if closed {
			return text, false
		}
		select {
		case <-changed:
		case <-timeout:
			return text, false
		}
	}
}
