package sim

// transmit has something arrive at the other end after what is on its way
// already. If the connection isn't what it was by then, nothing does.
func (s *stream) transmit(arrive func(from *stream)) {
	to := s.peer
	to.in.last = max(to.in.last+1, s.net.now+s.chance.delay())
	s.net.at(to.in.last, func() {
		if to.peer == s {
			arrive(s)
		}
	})
}

// hears takes data. An end that is closed answers with a reset, and over TCP so
// may one that lost its memory of the connection.
func (s *stream) hears(from *stream, data []byte) {
	s.in.coming = max(s.in.coming-len(data), 0)
	switch {
	case s.closed:
		s.transmit(from.resets)
	case s.err != nil:
	case s.pipe == noPipe && !s.unix && s.chance.strikes(rarelyReset):
		s.transmit(from.resets)
		s.resets(from)
	default:
		s.in.pieces = append(s.in.pieces, data)
		s.in.size += len(data)
		s.advance()
	}
}

// hearsEnd takes the end of the stream.
func (s *stream) hearsEnd(*stream) {
	s.in.ended = true
	s.advance()
}

// resets takes a reset.
func (s *stream) resets(*stream) { s.fails(errReset) }

// fails ends the connection: everything pending fails, in both directions, and
// what wasn't received is gone.
func (s *stream) fails(err error) {
	if s.closed || s.err != nil {
		return
	}
	s.err = err
	s.in.pieces, s.in.size = nil, 0
	s.failAll(&s.recv, s.err)
	s.failAll(&s.send, s.err)
}
