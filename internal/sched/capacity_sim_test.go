//go:build !race

package sched

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"sort"
)

// This file simulates a machine: CPUs that threads share fairly, a server whose
// number of active workers is what is judged, its clients, and rivals that want
// the same CPUs. Times are in nanoseconds and nothing sleeps.

const (
	us   = 1000
	msec = 1000 * us

	slice       = 3 * msec   // for so long a thread runs while others want its CPU
	lead        = 1 * msec   // by so much less must one that wakes have run to go first
	switchTime  = 3 * us     // to change threads on a CPU, with what its cache lacks then
	rouseTime   = 2 * us     // to wake a thread that sleeps
	pollTime    = 3 * us     // to look into the kernel
	quotaPeriod = 100 * msec // of a cgroup
	batchMost   = 256
	reviewTime  = 2 * msec
)

// place is what is simulated.
type place struct {
	cpus   int
	rivals int     // threads that always want a CPU
	quota  float64 // CPUs that the server may use in a period; 0: all

	conns   int
	service int64               // CPU time of a message
	shared  float64             // by so much more it takes where several workers are active
	clients int                 // threads of the client on the same CPUs
	client  int64               // their CPU time for a message
	away    int64               // without clients there: for so long they take elsewhere
	rate    func(int64) float64 // messages a second at a time, whatever comes back; nil: each connection waits for its answer
}

// outcome of a run.
type ran struct {
	done    float64 // messages a second
	cpu     float64 // server's CPU time for one, in ns
	p99     float64 // msec
	changes int     // of the number of active workers, in the last half
	mean    float64 // active workers, in the last half
}

type happening struct {
	at  int64
	seq int
	do  func()
}

type calendar []happening

func (c calendar) Len() int { return len(c) }
func (c calendar) Less(i, j int) bool {
	return c[i].at < c[j].at || c[i].at == c[j].at && c[i].seq < c[j].seq
}
func (c calendar) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *calendar) Push(x any)   { *c = append(*c, x.(happening)) }
func (c *calendar) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

type threadState int

const (
	asleep threadState = iota
	ready
	running
)

// thread is something that wants a CPU. next is called when it has done what it
// was to do, and gives the CPU time of what comes then; 0: it sleeps.
type thread struct {
	next   func() int64
	server bool
	state  threadState
	fair   int64 // CPU time that it has had, for fairness
	left   int64 // of what it does
	cpu    *cpu
}

type cpu struct {
	on    *thread
	last  *thread
	since int64
	stint int // numbers what it does, to drop what was to come then
}

type machine struct {
	place
	rnd *rand.Rand
	now int64
	seq int
	cal calendar

	cpus     []*cpu
	deciding *cpu // its thread is about to say what it does next
	queue    []*thread

	serverTime int64 // CPU time of the server
	periodTime int64 // of that, in this period of the quota
	throttled  bool
	held       []*thread

	workers []*simWorker
	clients []*clientThread
	active  int
	target  *target // nil: active stays as it is
	homes   []int   // of connections
	wake    int64   // debt of whoever runs now

	done     int
	waits    []int64 // of messages, from arrival to answer; those after a time
	idle     int64   // time that workers have waited so far
	reviewed int64
	doneSeen int
	idleSeen int64
	timeSeen int64
	history  []int
}

// msg is a message on its way.
type msg struct {
	conn int
	at   int64
}

type simWorker struct {
	m       *machine
	id      int
	t       *thread
	inbox   []msg
	batch   []msg
	chunk   int
	waiting bool
	since   int64
	polled  bool
}

type clientThread struct {
	m     *machine
	t     *thread
	inbox []msg
	chunk int
}

func newMachine(p place, seed uint64, active int, t *target) *machine {
	m := &machine{place: p, rnd: rand.New(rand.NewPCG(seed, 1)), active: active, target: t}
	for range p.cpus {
		m.cpus = append(m.cpus, &cpu{})
	}
	m.homes = make([]int, p.conns)
	most := active
	if t != nil {
		most = t.max
		m.active = t.active()
	}
	for i := range most {
		w := &simWorker{m: m, id: i}
		w.t = &thread{next: w.next, server: true}
		m.workers = append(m.workers, w)
	}
	for range p.clients {
		c := &clientThread{m: m}
		c.t = &thread{next: c.next}
		m.clients = append(m.clients, c)
	}
	for range p.rivals {
		m.ready(&thread{next: func() int64 { return 10 * msec }})
	}
	if p.quota > 0 {
		m.at(quotaPeriod, m.refill)
	}
	if p.rate != nil {
		m.arrive()
	} else {
		for c := range p.conns {
			m.at(int64(m.rnd.IntN(200*us)), func() { m.message(msg{c, m.now}) })
		}
	}
	if t != nil {
		m.at(reviewTime, m.review)
	}
	return m
}

func (m *machine) at(t int64, do func()) {
	m.seq++
	heap.Push(&m.cal, happening{t, m.seq, do})
}

// run simulates for a time.
func (m *machine) run(until int64) {
	for len(m.cal) > 0 && m.cal[0].at <= until {
		h := heap.Pop(&m.cal).(happening)
		m.now = h.at
		h.do()
	}
	m.now = until
}

// arrive has one message come at a time, as the rate says.
func (m *machine) arrive() {
	r := m.rate(m.now)
	gap := int64(m.rnd.ExpFloat64() * 1e9 / max(r, 100))
	m.at(m.now+max(gap, 1), func() {
		if r > 0 {
			m.message(msg{m.rnd.IntN(m.conns), m.now})
		}
		m.arrive()
	})
}

// message brings a message to the server. Connections move to the worker that is
// to have them little by little.
func (m *machine) message(x msg) {
	if to := x.conn % m.active; m.homes[x.conn] != to && (m.homes[x.conn] >= m.active || m.rnd.IntN(4) == 0) {
		m.homes[x.conn] = to
	}
	w := m.workers[m.homes[x.conn]]
	w.inbox = append(w.inbox, x)
	w.rouse()
}

func (w *simWorker) rouse() {
	if w.t.state == asleep {
		w.m.wake += rouseTime
		w.m.ready(w.t)
	}
}

// next is what a worker does next.
func (w *simWorker) next() int64 {
	m := w.m
	if w.waiting {
		w.waiting = false
		m.idle += m.now - w.since
	}
	m.answer(w.batch[:w.chunk])
	w.batch, w.chunk = w.batch[w.chunk:], 0
	var cost int64
	if len(w.batch) == 0 {
		if w.id >= m.active {
			m.inherit(w)
			return 0
		}
		if len(w.inbox) == 0 {
			if !w.polled { // it looks once more before it sleeps
				w.polled = true
				return pollTime / 2
			}
			w.polled, w.waiting, w.since = false, true, m.now
			return 0
		}
		n := min(len(w.inbox), batchMost)
		w.batch = append(w.batch[:0], w.inbox[:n]...)
		w.inbox = append(w.inbox[:0], w.inbox[n:]...)
		cost = pollTime
	}
	w.polled = false
	w.chunk = min(len(w.batch), m.chunkMost())
	if m.service > 50*us {
		w.chunk = 1
	}
	each := float64(m.service)
	if m.active > 1 {
		each *= 1 + m.shared
	}
	return cost + int64(float64(w.chunk)*each*(0.8+0.4*m.rnd.Float64()))
}

// inherit moves what a worker that parks has to others.
func (m *machine) inherit(w *simWorker) {
	for _, x := range w.inbox {
		m.message(x)
	}
	w.inbox = w.inbox[:0]
}

// answer sends the answers to messages.
func (m *machine) answer(batch []msg) {
	for _, x := range batch {
		m.done++
		m.waits = append(m.waits, m.now-x.at)
		switch {
		case m.rate != nil:
		case m.place.clients == 0:
			m.at(m.now+m.away, func() { m.message(msg{x.conn, m.now}) })
		default:
			c := m.clients[x.conn/4%m.place.clients]
			c.inbox = append(c.inbox, x)
			if c.t.state == asleep {
				m.wake += rouseTime
				m.ready(c.t)
			}
		}
	}
}

// chunkMost is how many messages are simulated as one step.
func (m *machine) chunkMost() int { return min(max(1, m.conns/16), 8) }

func (c *clientThread) next() int64 {
	m := c.m
	for _, x := range c.inbox[:c.chunk] {
		m.message(msg{x.conn, m.now})
	}
	c.inbox = append(c.inbox[:0], c.inbox[c.chunk:]...)
	c.chunk = min(len(c.inbox), m.chunkMost())
	if c.chunk == 0 {
		return 0
	}
	return pollTime/4 + int64(float64(int64(c.chunk)*m.client)*(0.8+0.4*m.rnd.Float64()))
}

// ready has a thread want a CPU.
func (m *machine) ready(t *thread) {
	t.state = ready
	if t.server && m.throttled {
		m.held = append(m.held, t)
		return
	}
	var victim *cpu
	least := int64(math.MaxInt64)
	for _, c := range m.cpus {
		if c.on == nil {
			t.fair = max(t.fair, m.floor())
			m.put(c, t)
			return
		}
		ran := c.on.fair + m.now - c.since
		least = min(least, ran)
		if c == m.deciding {
			continue
		}
		if victim == nil || ran > victim.on.fair+m.now-victim.since {
			victim = c
		}
	}
	for _, o := range m.queue {
		least = min(least, o.fair)
	}
	t.fair = max(t.fair, least-slice)
	if victim != nil && victim.on.fair+m.now-victim.since > t.fair+lead {
		m.stop(victim)
		m.put(victim, t)
		return
	}
	m.queue = append(m.queue, t)
}

func (m *machine) floor() int64 {
	least := int64(math.MaxInt64)
	for _, c := range m.cpus {
		if c.on != nil {
			least = min(least, c.on.fair)
		}
	}
	if least == math.MaxInt64 {
		return 0
	}
	return least - slice
}

// stop takes the thread off a CPU, to go on later.
func (m *machine) stop(c *cpu) {
	t := m.account(c)
	t.state = ready
	c.on = nil
	if t.server && m.throttled {
		m.held = append(m.held, t)
	} else {
		m.queue = append(m.queue, t)
	}
}

func (m *machine) account(c *cpu) *thread {
	t, ran := c.on, m.now-c.since
	t.fair += ran
	t.left -= ran
	if t.server {
		m.serverTime += ran
		m.periodTime += ran
	}
	c.since = m.now
	c.stint++
	return t
}

// put has a thread run on a CPU.
func (m *machine) put(c *cpu, t *thread) {
	c.on, c.since, t.state, t.cpu = t, m.now, running, c
	if t.left <= 0 {
		t.left = 1 // it asks next what to do
	}
	if c.last != t {
		t.left += switchTime
	}
	c.last = t
	m.plan(c)
}

// plan enters when a thread's stint ends.
func (m *machine) plan(c *cpu) {
	d := min(c.on.left, slice)
	if c.on.server && m.quota > 0 {
		d = max(min(d, int64(m.quota*quotaPeriod)-m.periodTime, msec), 1)
	}
	c.stint++
	stint := c.stint
	m.at(m.now+d, func() {
		if c.stint == stint {
			m.over(c)
		}
	})
}

// over ends a stint.
func (m *machine) over(c *cpu) {
	t := m.account(c)
	if m.quota > 0 && m.periodTime >= int64(m.quota*quotaPeriod) {
		m.throttle()
		if c.on == nil {
			m.fill(c)
			return
		}
	}
	if t.left <= 0 {
		m.wake = 0
		m.deciding = c
		t.left = t.next()
		m.deciding = nil
		if t.left == 0 {
			t.state, c.on = asleep, nil
			m.fill(c)
			return
		}
		t.left += m.wake
	}
	c.since = m.now
	for _, o := range m.queue {
		if o.fair < t.fair-lead {
			m.stop(c)
			m.fill(c)
			return
		}
	}
	m.plan(c)
}

// fill has the thread run that had least.
func (m *machine) fill(c *cpu) {
	if c.on != nil || len(m.queue) == 0 {
		return
	}
	first := 0
	for i, t := range m.queue {
		if t.fair < m.queue[first].fair {
			first = i
		}
	}
	t := m.queue[first]
	m.queue = append(m.queue[:first], m.queue[first+1:]...)
	m.put(c, t)
}

func (m *machine) throttle() {
	m.throttled = true
	for _, c := range m.cpus {
		if c.on != nil && c.on.server {
			m.stop(c)
			m.fill(c)
		}
	}
	queue := m.queue[:0]
	for _, t := range m.queue {
		if t.server {
			m.held = append(m.held, t)
		} else {
			queue = append(queue, t)
		}
	}
	m.queue = queue
}

func (m *machine) refill() {
	m.at(m.now+quotaPeriod, m.refill)
	m.periodTime, m.throttled = 0, false
	held := m.held
	m.held = nil
	for _, t := range held {
		m.ready(t)
	}
}

// review tells the target how it went, as the port does: late while nobody of the
// server runs.
func (m *machine) review() {
	if m.throttled {
		m.at(m.now+reviewTime, m.review)
		return
	}
	m.at(m.now+reviewTime+int64(m.rnd.IntN(msec/2)), m.review)
	idle, time, passed := m.idle, m.serverTime, m.now-m.reviewed
	for _, w := range m.workers {
		if w.waiting {
			idle += m.now - w.since
		}
	}
	for _, c := range m.cpus {
		if c.on != nil && c.on.server {
			time += m.now - c.since
		}
	}
	m.target.review(Period{
		Time: passed,
		Done: m.done - m.doneSeen,
		Idle: int(100 * (idle - m.idleSeen) / passed),
		CPU:  int(100 * (time - m.timeSeen) / passed),
	}, len(m.workers)-m.active)
	m.doneSeen, m.idleSeen, m.timeSeen, m.reviewed = m.done, idle, time, m.now
	m.change(m.target.active())
	m.history = append(m.history, m.active)
}

func (m *machine) change(to int) {
	for to > m.active {
		m.active++
		m.workers[m.active-1].rouse()
	}
	for to < m.active {
		m.active--
		if w := m.workers[m.active]; w.waiting { // woken to park
			w.rouse()
		}
	}
}

// measure runs for a time after another, and tells what came of it.
func (m *machine) measure(warm, long int64) ran {
	m.run(warm)
	done, cpu, waits := m.done, m.serverTime, len(m.waits)
	m.run(warm + long)
	r := ran{done: float64(m.done-done) * 1e9 / float64(long), cpu: float64(m.serverTime-cpu) / float64(max(m.done-done, 1))}
	w := m.waits[waits:]
	sort.Slice(w, func(i, j int) bool { return w[i] < w[j] })
	if len(w) > 0 {
		r.p99 = float64(w[len(w)*99/100]) / msec
	}
	half := m.history[len(m.history)/2:]
	for i, n := range half {
		r.mean += float64(n) / float64(len(half))
		if i > 0 && n != half[i-1] {
			r.changes++
		}
	}
	return r
}
