package iocp

import (
	"math"
	"slices"
	"time"

	"iocp/internal/driver"
)

// Worker makes a worker of the port.
func (p *Port) Worker() *Worker {
	w := &Worker{port: p, sema: make(chan struct{}, 1)}
	w.w.Owner = w
	p.mu.Lock()
	w.tray = p.newTray()
	p.workers = append(p.workers, w)
	p.mu.Unlock()
	return w
}

// newTray makes or finds a tray for a worker. The caller holds mu.
func (p *Port) newTray() *driver.Tray {
	if n := len(p.traysFree); n > 0 {
		t := p.traysFree[n-1]
		p.traysFree = p.traysFree[:n-1]
		return t
	}
	all := *p.trays.Load()
	if len(all) == math.MaxUint16 {
		return driver.NewTray(0, &p.laden) // there are no more numbers; it stays empty
	}
	t := driver.NewTray(uint16(len(all)+1), &p.laden)
	all = append(slices.Clip(all), t)
	p.trays.Store(&all)
	return t
}

// dismiss takes a worker that is closed off the port's list. The caller holds mu.
func (p *Port) dismiss(w *Worker) {
	p.clear(w, true)
	p.leave(w)
	if w.tray.Numbered() {
		p.traysFree = append(p.traysFree, w.tray)
	}
	p.over += w.dequeued.Load()
	i := slices.Index(p.workers, w)
	p.workers = slices.Delete(p.workers, i, i+1)
}

func (p *Port) putOnTray(op *driver.Op, o *driver.Order, by *driver.Tray) bool {
	if id := o.Tray(); id == 0 && !o.Gone(p.taken.Load()) {
		return false
	} else if id != 0 {
		if before := p.tray(id); before != by && before.Follow(op, o) {
			return true
		}
	}
	if p.mixed.Load() { // it was there, but has been moved
		return false
	}
	if by != nil {
		by.Put(op, o)
		return true
	}
	id := o.Home()
	return id != 0 && !p.backlog.Load() && p.tray(id).Join(op, o)
}

func (p *Port) tray(id uint16) *driver.Tray { return (*p.trays.Load())[id-1] }

// poll polls for a worker.
func (p *Port) poll(w *Worker, timeout time.Duration) error {
	if !p.sharing(w) {
		return p.drv.Poll(timeout)
	}
	return p.shared.PollFor(w.tray, timeout)
}

// queued is the number of packets not yet dequeued. The caller holds mu.
func (p *Port) queued() int {
	n := p.queue.Len()
	if p.laden.Load() > 0 {
		for _, w := range p.workers {
			n += w.tray.Len()
		}
	}
	return n
}

// total is the number of packets ever queued. The caller holds mu.
func (p *Port) total() uint64 {
	n := p.completed
	for _, t := range *p.trays.Load() {
		n += t.Total()
	}
	return n
}

// pop takes the oldest packet of the queue; if it is empty, one of the fullest
// tray. It may be nil: trays are taken from without mu. The caller holds mu.
func (p *Port) pop() *driver.Op {
	if p.queue.Len() > 0 {
		d := p.queue.Pop()
		p.noteTaken()
		return d
	}
	var fullest *driver.Tray
	for _, w := range p.workers {
		if n := w.tray.Len(); n > 0 && (fullest == nil || n > fullest.Len()) {
			fullest = w.tray
		}
	}
	if fullest == nil {
		return nil
	}
	var one driver.List
	fullest.Take(&one, 1)
	return one.Pop()
}

// noteTaken counts a packet that was taken from the queue. The caller holds mu.
func (p *Port) noteTaken() {
	if p.ahead > 0 {
		p.ahead--
	} else {
		p.taken.Add(1)
	}
	if p.strays > 0 {
		if p.strays--; p.strays == 0 {
			p.mixed.Store(false)
		}
	}
	if p.queue.Len() == 0 {
		p.backlog.Store(false)
	}
}

// clear puts what lies on a worker's tray into the queue: at its front, if it
// is older than what is there. The orders of these packets don't know of that,
// so as long as some of them are there everything goes there. The caller holds
// mu.
func (p *Port) clear(w *Worker, older bool) {
	if w.tray.Len() == 0 {
		return
	}
	p.mixed.Store(true)
	before := p.queue.Len()
	w.tray.Clear(&p.queue, older)
	n := p.queue.Len() - before // its owner may have taken some meanwhile, or all
	if older {
		p.ahead, p.strays = p.ahead+n, p.strays+n
	} else {
		p.put, p.strays = p.put+uint32(n), before+n
	}
	p.mixed.Store(p.strays > 0)
	p.backlog.Store(p.queue.Len() > 0)
}

// clearTrays has everything go through the queue. The caller holds mu.
func (p *Port) clearTrays() {
	for _, w := range p.workers {
		p.clear(w, true)
	}
}
