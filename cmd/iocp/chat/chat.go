// Package chat is a chat server with one room, which the textbook's client
// joins as it joins the textbook's server:
//
//   - Nothing is sent to a client when it connects; from then on it hears
//     what is said.
//   - Each line goes to everybody, its sender included, as it came, except for
//     what a terminal would obey: control characters but TAB are taken out, and
//     other such bytes become question marks, in UTF-8 and in code page 949 (the
//     rule is package harmless's). Lines stay whole, and all hear them in the
//     same order.
//   - A line may have up to LineMax bytes, as it comes. A longer one is discarded and its
//     sender told, with a line that begins with "*** ".
//   - The name in brackets is the client's own affair: nobody checks it.
//   - A client that sends too much is read from more slowly.
//   - A client that doesn't read misses lines, and is told how many; after
//     some time it is disconnected.
//   - When the server ends, it says so in a line, and then resets the
//     connections: the textbook's client spins at an orderly end.
package chat

import (
	"context"
	"errors"
	"math"
	"net"
	"time"

	"golang.org/x/time/rate"

	"iocp/cmd/iocp/internal/service"
	"iocp/server"
)

// Config configures the server. Zero values mean the defaults.
type Config struct {
	service.Config

	// Rate is how many lines a second a client may send for long; it may
	// send ten times as many at once. 0 means 100, negative means no limit.
	Rate int

	// StallMax is how long a client may miss lines because it doesn't read,
	// before it is disconnected. 0 means a minute.
	StallMax time.Duration
}

const (
	rateDefault  = 100
	stallDefault = time.Minute
)

// Serve runs the room until ctx is done.
func Serve(ctx context.Context, cfg Config) error {
	if cfg.Rate == 0 {
		cfg.Rate = rateDefault
	}
	if cfg.StallMax == 0 {
		cfg.StallMax = stallDefault
	}
	h := &handler{cfg: cfg, room: newRoom(cfg.StallMax, cfg.Log)}
	return service.Run(ctx, cfg.Config, h, h.room.end)
}

// handler leads from connections to the room.
type handler struct {
	cfg  Config
	room *room
}

func (h *handler) OnOpen(c *server.Conn) {
	m := &member{conn: c, budget: newBudget(h.cfg.Rate)}
	c.SetData(m)
	if !h.room.enter(m) {
		c.Abort()
		return
	}
	h.cfg.Joined(c.RemoteAddr())
}

func (h *handler) OnData(c *server.Conn, data []byte) {
	h.cfg.SayReceived(nil)
	if h.cfg.Verbose {
		h.cfg.Log.Debug("completion", "peer", c.RemoteAddr(), "n", len(data))
	}
	m := c.Data().(*member)
	said := scraps.Get().(*lines)
	defer said.giveBack()
	m.unfinished.feed(data, said)
	h.relay(m, said)
	if wait := m.budget.spend(said.count, len(data)); wait > 0 {
		c.Pause()
		time.AfterFunc(wait, c.Resume)
	}
}

// relay says to the room what a member said.
func (h *handler) relay(m *member, said *lines) {
	if m.name == "" && said.count > 0 {
		m.name = nameIn(said.text)
		h.cfg.Log.Debug("first line", "peer", m.conn.RemoteAddr(), "name", m.name)
	}
	if said.count > 0 {
		h.room.say(said.text, said.count)
	}
	if said.tooLong > 0 {
		h.cfg.Log.Debug("line too long", "peer", m.conn.RemoteAddr(), "name", m.name)
		h.room.tell(m, tooLongNotice)
	}
}

// OnClose relays what the member began to say: the textbook's server would
// have done so at once.
func (h *handler) OnClose(c *server.Conn, err error) {
	m, ok := c.Data().(*member)
	if !ok {
		return
	}
	h.cfg.SayReceived(err)
	h.room.leave(m)
	last := scraps.Get().(*lines)
	defer last.giveBack()
	m.unfinished.finish(last)
	h.relay(m, last)
	if err != nil && !errors.Is(err, net.ErrClosed) { // that was our doing
		h.cfg.Lost(c.RemoteAddr(), err, "name", m.name)
	}
	h.cfg.Left(c.RemoteAddr(), "name", m.name)
}

// budget bounds what a client may say. A line costs as much as LineMax bytes,
// so that it makes little difference whether a flood has newlines or not.
type budget struct {
	bucket *rate.Limiter // nil: no bound
}

func newBudget(linesPerSecond int) budget {
	if linesPerSecond < 0 {
		return budget{}
	}
	perSecond := min(linesPerSecond, math.MaxInt32/(10*LineMax)) * LineMax
	return budget{rate.NewLimiter(rate.Limit(perSecond), 10*perSecond)}
}

// spend tells how long to wait before more may be received. What costs more
// than there is at a time is paid off piece by piece.
func (b budget) spend(lines, bytes int) time.Duration {
	if b.bucket == nil {
		return 0
	}
	now, cost := time.Now(), lines*LineMax+bytes
	if b.bucket.AllowN(now, cost) {
		return 0
	}
	wait := time.Duration(0)
	for cost > 0 {
		part := min(cost, b.bucket.Burst())
		wait = b.bucket.ReserveN(now, part).DelayFrom(now)
		cost -= part
	}
	return wait
}
