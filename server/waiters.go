package server

// waiter is a Send that waits for room in the queue. The goroutine that makes
// room queues the message on its behalf, so that messages are queued whole and
// in the order of their Sends.
type waiter struct {
	m    message
	next *waiter
	done chan error // gets the outcome, once
}

// waiters is a FIFO of them, guarded by the connection's mu.
type waiters struct {
	first, last *waiter
}

func (ws *waiters) push(m message) *waiter {
	w := &waiter{m: m, done: make(chan error, 1)}
	if ws.last == nil {
		ws.first = w
	} else {
		ws.last.next = w
	}
	ws.last = w
	return w
}

func (ws *waiters) pop() *waiter {
	w := ws.first
	ws.first = w.next
	if ws.first == nil {
		ws.last = nil
	}
	return w
}

// remove takes w out and reports whether it still waited.
func (ws *waiters) remove(w *waiter) bool {
	var prev *waiter
	for o := ws.first; o != nil; prev, o = o, o.next {
		if o != w {
			continue
		}
		if prev == nil {
			ws.first = o.next
		} else {
			prev.next = o.next
		}
		if ws.last == o {
			ws.last = prev
		}
		return true
	}
	return false
}

// fail ends every wait.
func (ws *waiters) fail(err error) {
	for ws.first != nil {
		ws.pop().done <- err
	}
}

// admit queues what those who have waited longest want to send, as far as
// there is room now.
func (o *outbox) admit(bytesMax int) {
	for w := o.waiters.first; w != nil && o.bytes < bytesMax; w = o.waiters.first {
		o.waiters.pop()
		o.add(w.m, 0)
		w.done <- nil
	}
}
