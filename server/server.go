package server

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"iocp"
)

// Server accepts connections and runs a Handler on them. All methods may be
// called from any goroutine.
type Server struct {
	handler   Handler
	ends      EndHandler      // the handler, if it is one; else nil
	writables WritableHandler // likewise
	cfg       Config
	ports     []*iocp.Port // at least one
	ownPort   bool

	lastID    atomic.Uint64
	refused   atomic.Uint64
	queueFull atomic.Uint64
	panics    atomic.Uint64

	mu        sync.Mutex // taken before a connection's mu
	conns     []*Conn    // open, in no order; each knows its slot
	acceptors []*acceptor
	addr      netip.AddrPort // of the first listener
	accepted  uint64         // connections entered
	stopping  bool
	idle      chan struct{} // closed when stopping and nothing is left

	workersOnce sync.Once
	workers     sync.WaitGroup
	working     context.Context // the workers'
	endWork     context.CancelFunc
	pools       []*pool // of each port
	growing     sync.Mutex
	members     atomic.Pointer[[]*member] // of all pools, by number; it only grows, with growing held
	nobody      *member                   // who does what no worker does

	failOnce sync.Once
	failure  error         // why the port can't go on
	failed   chan struct{} // closed with failure set
	ended    chan struct{} // Shutdown is over
}

// New makes a server; it opens the port, and starts nothing. A server that was
// made has to be ended with Shutdown, served or not. Errors are those of
// iocp.New, or name a field of cfg.
func New(h Handler, cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		handler: h,
		cfg:     cfg,
		idle:    make(chan struct{}),
		failed:  make(chan struct{}),
		ended:   make(chan struct{}),
	}
	if err := s.openPorts(); err != nil {
		return nil, err
	}
	s.ends, _ = h.(EndHandler)
	s.writables, _ = h.(WritableHandler)
	workers := cfg.Workers
	if workers == 0 {
		workers = 2 * s.Port().Stats().Concurrency
	}
	for _, p := range s.ports {
		s.pools = append(s.pools, &pool{srv: s, port: p, size: workers})
	}
	s.members.Store(new([]*member))
	s.nobody = newMember(s.pools[0])
	s.working, s.endWork = context.WithCancel(context.Background())
	return s, nil
}

// openPorts opens the server's own ports, unless it was given one.
func (s *Server) openPorts() error {
	if s.cfg.Port != nil {
		s.ports = []*iocp.Port{s.cfg.Port}
		return nil
	}
	s.ownPort = true
	for range s.cfg.Ports {
		p, err := iocp.New(s.cfg.PortConfig)
		if err != nil {
			s.closePorts()
			return err
		}
		s.ports = append(s.ports, p)
	}
	return nil
}

func (s *Server) closePorts() {
	for _, p := range s.ports {
		p.Close()
	}
}

// Port is the port that the server runs on, the first if it has several.
func (s *Server) Port() *iocp.Port { return s.ports[0] }

// portOf is the port of a connection.
func (s *Server) portOf(id uint64) *iocp.Port { return s.ports[id%uint64(len(s.ports))] }

// Addr is the address of the first listener that is served; invalid before
// there is one.
func (s *Server) Addr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// open makes a connection of an accepted socket and calls OnOpen.
func (s *Server) open(sock *iocp.Socket, by *member) {
	c := &Conn{srv: s, sock: sock, id: s.lastID.Add(1)}
	c.turn.Store(by.later())
	if err := c.port().Associate(sock, c); err != nil {
		s.refuse(sock)
		s.cfg.Logger.Warn("an accepted connection was given up", "remote", sock.RemoteAddr(), "err", err)
		return
	}
	if !s.enter(c) {
		s.refuse(sock)
		return
	}
	// These fail only on Unix sockets, or if the connection is gone already, which
	// receiving tells.
	if s.cfg.Nagle {
		sock.NoDelay(false)
	}
	if !s.cfg.NoKeepAlive {
		sock.KeepAlive(s.cfg.KeepAlive)
	}
	c.begin()
}

func (s *Server) refuse(sock *iocp.Socket) {
	s.refused.Add(1)
	sock.Abort()
}

// enter lists a connection, unless there are too many or no more are wanted.
func (s *Server) enter(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || len(s.conns) >= s.cfg.ConnsMax {
		return false
	}
	s.accepted++
	c.slot = int32(len(s.conns))
	s.conns = append(s.conns, c)
	return true
}

// leave takes a connection whose OnClose has returned off the list.
func (s *Server) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.conns) - 1
	moved := s.conns[last]
	s.conns[c.slot], moved.slot = moved, c.slot
	s.conns[last] = nil
	s.conns = s.conns[:last]
	s.checkIdle()
}

func (s *Server) addAcceptor(a *acceptor) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	if !s.addr.IsValid() {
		s.addr = a.ln.Addr()
	}
	s.acceptors = append(s.acceptors, a)
	return true
}

func (s *Server) removeAcceptor(a *acceptor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.acceptors, a); i >= 0 {
		s.acceptors = slices.Delete(s.acceptors, i, i+1)
	}
	s.checkIdle()
}

// checkIdle notices that a stopping server has nothing left. It is called
// after something has gone, so it finds that once. The caller holds mu.
func (s *Server) checkIdle() {
	if s.stopping && len(s.conns) == 0 && len(s.acceptors) == 0 {
		close(s.idle)
	}
}
