package model

import "fmt"

// due says why a packet must come if nobody does anything more, or is empty.
func (p *program) due() string {
	if len(p.posts) > 0 {
		return "a packet was posted"
	}
	for _, o := range p.pending {
		switch {
		case o.cancelled || o.missed:
			return fmt.Sprintf("%s was cancelled", o)
		case p.closed || o.end != nil && o.end.closed || o.at != nil && o.at.closed:
			return fmt.Sprintf("%s is on a closed handle", o)
		case o.kind == "connect":
			return "a connect is under way"
		}
	}
	for _, e := range p.ends {
		if why := e.due(len(p.held) == 0); why != "" {
			return fmt.Sprintf("%s (socket %d)", why, e.id)
		}
	}
	return ""
}

// due is the part of one socket. Receives into pooled buffers must go on only
// if all buffers are free.
func (e *end) due(free bool) string {
	if e.up && e.dials && !e.closed && e.peer == nil && len(e.at.ops) > 0 {
		return "a connection can be accepted"
	}
	if e.peer == nil || e.closed {
		return ""
	}
	receives := len(e.recvs) > 0 && (e.recvs[0].kind == "recv" || free)
	switch {
	case len(e.sends) > 0 && e.peer.closed:
		return "what it sends to is closed"
	case !receives:
	case e.peer.left() > len(e.got):
		return "data has been sent to it"
	case len(e.peer.sends) > 0 && !e.peer.closed:
		return "data is being sent to it"
	case e.peer.closed || e.peer.finished:
		return "the end of the stream has been sent to it"
	}
	return ""
}

// left is how many bytes are known to have left.
func (e *end) left() (n int) {
	for _, o := range e.out {
		n += o.n
	}
	return n
}
