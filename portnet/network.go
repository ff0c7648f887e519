package portnet

import (
	"errors"
	"net"
	"runtime"
	"sync"

	"iocp"
)

// Network is a port and the workers that complete what is done on it. All methods
// may be called from any goroutine.
type Network struct {
	port    *iocp.Port
	workers sync.WaitGroup

	failOnce sync.Once
	failure  error // why the port couldn't go on; read when the workers have ended
}

// New makes a network on a port of its own. It has as many workers as the port lets
// run (iocp.Config.Concurrency). With the backend sim, connections are between
// those of this process that have the same name of it, and a seed decides about
// what happens to them.
func New(cfg iocp.Config) (*Network, error) {
	port, err := iocp.New(cfg)
	if err != nil {
		return nil, err
	}
	n := &Network{port: port}
	workers := cfg.Concurrency
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		n.workers.Go(n.work)
	}
	return n, nil
}

// batch is how many packets a worker takes at a time. None keeps it long.
const batch = 32

// work is a worker: it tells the calls that wait that they are over.
func (n *Network) work() {
	w := n.port.Worker()
	defer w.Close()
	dst := make([]iocp.Completion, batch)
	for failed := false; ; {
		got, err := w.Wait(dst, iocp.Infinite)
		for i := range dst[:got] {
			dst[i].Op.Owner.(*half).completed(&dst[i])
			dst[i] = iocp.Completion{} // keeps nothing alive while it waits
		}
		switch {
		case err == nil:
		case failed || errors.Is(err, net.ErrClosed):
			return
		default: // closing it completes what is left, which is then handed out
			failed = true
			n.failOnce.Do(func() { n.failure = err })
			n.port.Close()
		}
	}
}

// Close closes the network: its listeners, its connections, and the port. Calls under
// way return net.ErrClosed. It waits until the workers have ended, and tells if the
// port had failed before.
func (n *Network) Close() error {
	err := n.port.Close()
	n.workers.Wait()
	if n.failure != nil {
		return n.failure
	}
	return err
}

// Stats is what the network's port says of itself.
func (n *Network) Stats() iocp.Stats { return n.port.Stats() }

var shared struct {
	sync.Mutex
	network *Network
}

// sharedNetwork is for whoever names none. It is made at the first use, and stays.
func sharedNetwork() (*Network, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.network == nil {
		n, err := New(iocp.Config{})
		if err != nil {
			return nil, err
		}
		shared.network = n
	}
	return shared.network, nil
}
