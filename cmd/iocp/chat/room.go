package chat

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"iocp/server"
)

// queueHalf is how much of a member's queue may be filled before it counts as
// having caught up: half of what package server lets it hold.
const queueHalf = 128 << 10

const (
	endNotice = "*** the server stops\n"
	flushMax  = 2 * time.Second        // for members to take what is queued when the server stops
	readPause = 250 * time.Millisecond // for them to read it, before a reset may take it away
)

var tooLongNotice = fmt.Appendf(nil, "*** your line is too long and was dropped: %d bytes at most\n", LineMax)

// room is everybody who hears what is said. One thing is said at a time: so
// all hear the same order.
type room struct {
	stallMax time.Duration
	log      *slog.Logger

	mu      sync.Mutex // taken before a connection's own locks
	members []*member  // in no order; each knows its slot
	ended   bool
}

// member is one connection.
type member struct {
	conn *server.Conn

	// For the connection's callbacks alone.
	unfinished assembler
	budget     budget
	name       string

	// Guarded by the room.
	slot    int
	skipped int       // lines missed since behind
	behind  time.Time // when the queue was found full
}

func newRoom(stallMax time.Duration, log *slog.Logger) *room {
	return &room{stallMax: stallMax, log: log}
}

// enter adds a member, unless the room has ended.
func (r *room) enter(m *member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		m.slot = -1
		return false
	}
	m.slot = len(r.members)
	r.members = append(r.members, m)
	return true
}

// leave takes a member out.
func (r *room) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.slot < 0 {
		return
	}
	last := len(r.members) - 1
	moved := r.members[last]
	r.members[m.slot], moved.slot = moved, m.slot
	r.members[last] = nil
	r.members = r.members[:last]
	m.slot = -1
}

// say lets everybody hear some lines. They are encoded once, and lie once in
// memory, however many hear them.
func (r *room) say(text []byte, count int) {
	s := server.Share(text)
	defer s.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members {
		r.deliver(m, s, count)
	}
}

// deliver queues lines for a member, or counts them as missed. The caller
// holds mu.
func (r *room) deliver(m *member, s *server.Shared, count int) {
	if m.skipped > 0 && !m.catchUp() {
		m.skipped += count
		return
	}
	if m.conn.TrySendShared(s) == server.ErrQueueFull {
		r.fallBehind(m, count)
	}
}

// tell lets only one member hear a notice.
func (r *room) tell(m *member, notice []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.skipped == 0 {
		m.conn.TrySend(notice) // a full queue is told of otherwise
	}
}

// catchUp tells a member what it missed, once its queue is half empty again,
// and reports whether it is. The caller holds mu.
func (m *member) catchUp() bool {
	if m.conn.Queued() > queueHalf {
		return false
	}
	if m.conn.TrySend(fmt.Appendf(nil, "*** %d lines skipped\n", m.skipped)) == server.ErrQueueFull {
		return false
	}
	m.skipped = 0
	return true
}

// fallBehind starts to look after a member with a full queue. The caller
// holds mu.
func (r *room) fallBehind(m *member, count int) {
	m.skipped, m.behind = count, time.Now()
	r.reviewLater(m)
}

func (r *room) reviewLater(m *member) {
	time.AfterFunc(min(time.Second, r.stallMax/4), func() { r.review(m) })
}

// review looks whether a member that was behind still is. One that is so for
// too long is disconnected.
func (r *room) review(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.slot < 0 || m.skipped == 0 || m.catchUp() {
		return
	}
	if time.Since(m.behind) > r.stallMax {
		r.log.Debug("disconnected, since it doesn't read", "peer", m.conn.RemoteAddr(), "missed", m.skipped)
		m.conn.Abort()
		return
	}
	r.reviewLater(m)
}

// end takes leave of everybody: a notice, some time to read it, a reset.
func (r *room) end() {
	r.mu.Lock()
	r.ended = true
	members := append([]*member(nil), r.members...)
	r.mu.Unlock()
	for _, m := range members {
		r.tell(m, []byte(endNotice))
	}
	awaitSent(members, time.Now().Add(flushMax))
	if len(members) > 0 {
		time.Sleep(readPause)
	}
	for _, m := range members {
		m.conn.Abort()
	}
}

// awaitSent waits until the members' queues are empty.
func awaitSent(members []*member, deadline time.Time) {
	for _, m := range members {
		for m.conn.Queued() > 0 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
	}
}
