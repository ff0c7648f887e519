package driver

// What few kinds of operation have shares one word of an Op, so that the many
// that idle connections keep pending stay small.

// node makes an Op the packet of one completion of a standing operation.
type node struct {
	home     Recycler
	of       *Op
	key      any
	accepted Stream
}

// Recycler takes back the node of one completion of a standing operation.
type Recycler interface {
	// Recycle is called outside every lock of the port, once per node.
	Recycle(op *Op)
}

// NewNode makes an Op that a backend queues for one completion of a standing
// operation; home is told when it has been dequeued. It is one for good.
func NewNode(home Recycler) *Op { return &Op{about: &node{home: home}} }

// subject is one of Buf, File, Name, Accepted and Key. In a node it is the node.
func (op *Op) subject() any {
	if c := op.carried(); c != nil {
		return c.subject
	}
	return op.about
}

func (op *Op) setSubject(x any) {
	if c := op.carried(); c != nil {
		c.subject = x
	} else {
		op.about = x
	}
}

// Home is who takes back a node, or nil for an Op that is none.
func (op *Op) Home() Recycler {
	if n, ok := op.about.(*node); ok {
		return n.home
	}
	return nil
}

// Of is the operation that is told of: op, or the standing one that op is a node of.
func (op *Op) Of() *Op {
	if n, ok := op.about.(*node); ok {
		return n.of
	}
	return op
}

// SetKey sets what a post, a timer or a standing accept reports as its key. That of
// other operations their handle knows; a node of a standing accept knows it, since
// it mustn't look at the operation.
func (op *Op) SetKey(key any) { op.setSubject(key) }

// Key is what SetKey was given.
func (op *Op) Key() any {
	if n, ok := op.about.(*node); ok {
		return n.key
	}
	return op.subject()
}

// Buf is what a RecvPooled brings, or nil.
func (op *Op) Buf() *Buf {
	b, _ := op.subject().(*Buf)
	return b
}

// SetBuf sets the buffer that a RecvPooled brings, as part of its result.
func (op *Op) SetBuf(b *Buf) { op.setSubject(b) }

// Accepted is the connection that an accept brings.
func (op *Op) Accepted() Stream {
	switch a := op.subject().(type) {
	case nil, *Buf: // by far the most, and found fastest
		return nil
	case *node:
		return a.accepted
	case Stream:
		return a
	}
	return nil
}

// SetAccepted sets the connection, or with nil takes it away.
func (op *Op) SetAccepted(s Stream) {
	if n, ok := op.about.(*node); ok {
		n.accepted = s
		return
	}
	if s != nil {
		op.setSubject(s)
	} else if op.Name() == nil {
		op.setSubject(nil)
	}
}

// File is what a SendFile sends from.
func (op *Op) File() File {
	f, _ := op.subject().(File)
	return f
}

// SetFile sets the file, and from where on how many bytes of it are sent.
func (op *Op) SetFile(f File, off, want int64) {
	c := op.cargo()
	c.subject, c.off, c.want = f, off, want
}

// Name is whom a datagram goes to or came from. It is made for the op's first
// datagram and kept for the next; a stream's ops have none.
func (op *Op) Name() *Name {
	n, _ := op.subject().(*Name)
	return n
}

// SetName gives the op a name; it allocates only the first time.
func (op *Op) SetName(n Name) {
	if op.Name() == nil {
		op.setSubject(new(Name))
	}
	*op.Name() = n
}
