package sched

import (
	"container/heap"
	"math/rand/v2"
	"testing"
)

// This file drives the state machine with a discrete-event simulation of a
// port: packets arrive by chance, workers take them one at a time and handle
// each for some time, and looks come as often as the state asks, and when
// somebody finds a backlog. Times are in microseconds and nothing sleeps.

const (
	tickLength = 200.0
	wakeTime   = 5.0 // from being released to running, and for polling
)

// scene is what is simulated.
type scene struct {
	slots, workers int
	patience       uint64
	load           float64 // of all slots together
	service        float64 // mean handling time
	stuckEvery     int     // one packet in so many...
	stuckFor       float64 // ...takes so long
	packets        int
}

// outcome is what came of it.
type outcome struct {
	handled     int
	meanWait    float64 // from arrival to the handler, mean
	worstWait   float64
	meanRunning float64 // workers with a slot, over time
	wakes       int     // releases of parked workers
	mostRunning int
	byWorker    []int
}

type event struct {
	at   float64
	what func()
}

type agenda []event

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].at < a[j].at }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)        { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// office is a simulation under way.
type office struct {
	scene
	*State
	rnd    *rand.Rand
	now    float64
	agenda agenda
	kernel []float64 // arrival times of packets that nobody has polled yet
	queue  []float64 // of those polled
	total  uint64
	awake  bool    // a look is planned
	looked float64 // when the last was
	seen   uint64  // total, as of the last planned look
	out    outcome
	waits  float64
	area   float64 // of running workers over time
}

func simulate(s scene, seed uint64) outcome {
	o := &office{scene: s, State: New(s.slots, s.patience), rnd: rand.New(rand.NewPCG(seed, 1))}
	o.out.byWorker = make([]int, s.workers)
	for i := range s.workers {
		w := &Waiter{Owner: i}
		o.again(w)
	}
	rate := s.load * float64(s.slots) / s.meanService()
	at := 0.0
	for range s.packets {
		at += o.rnd.ExpFloat64() / rate
		o.plan(at, o.arrive)
	}
	for o.out.handled < s.packets && len(o.agenda) > 0 {
		e := heap.Pop(&o.agenda).(event)
		o.area += float64(o.Running()) * (e.at - o.now)
		o.now = e.at
		e.what()
		o.out.mostRunning = max(o.out.mostRunning, o.Running())
		o.arm()
	}
	o.out.meanWait = o.waits / float64(max(o.out.handled, 1))
	o.out.meanRunning = o.area / o.now
	return o.out
}

func (s scene) meanService() float64 {
	if s.stuckEvery == 0 {
		return s.service
	}
	return s.service + s.stuckFor/float64(s.stuckEvery)
}

// poller is who polls, if somebody does.
func (o *office) poller() (w *Waiter) {
	o.Each(func(x *Waiter) {
		if x.Polls() {
			w = x
		}
	})
	return w
}

func (o *office) plan(at float64, what func()) { heap.Push(&o.agenda, event{at, what}) }

// arrive is a packet becoming ready in the kernel.
func (o *office) arrive() {
	o.kernel = append(o.kernel, o.now)
	if w := o.poller(); w != nil {
		o.plan(o.now+wakeTime, func() { o.polled(w) })
	}
}

// polled is the poller coming back from the kernel.
func (o *office) polled(w *Waiter) {
	if !w.Polls() {
		return
	}
	o.StopPoll(w)
	o.drain()
	if o.Newest() == w && len(o.queue) > 0 && o.MayRun() {
		o.Run(w)
		o.handle(w)
		return
	}
	o.dispatch()
	o.rest(w)
}

func (o *office) drain() {
	o.queue = append(o.queue, o.kernel...)
	o.total += uint64(len(o.kernel))
	o.kernel = o.kernel[:0]
}

func (o *office) dispatch() {
	for w := o.Release(len(o.queue)); w != nil; w = o.Release(len(o.queue)) {
		o.wake(w)
	}
}

// wake has a released worker start on the oldest packet.
func (o *office) wake(w *Waiter) {
	o.out.wakes++
	arrived := o.take()
	o.StopPoll(w)
	o.plan(o.now+wakeTime, func() { o.work(w, arrived) })
}

func (o *office) take() float64 {
	arrived := o.queue[0]
	o.queue = o.queue[1:]
	return arrived
}

func (o *office) handle(w *Waiter) { o.work(w, o.take()) }

// work is the handling of one packet, and then waiting again.
func (o *office) work(w *Waiter, arrived float64) {
	wait := o.now - arrived
	o.waits += wait
	o.out.worstWait = max(o.out.worstWait, wait)
	o.out.handled++
	o.out.byWorker[w.Owner.(int)]++
	takes := o.rnd.ExpFloat64() * o.service
	if o.stuckEvery > 0 && o.out.handled%o.stuckEvery == 0 {
		takes = o.stuckFor
	}
	o.plan(o.now+takes, func() { o.again(w) })
}

// again is a worker calling Wait.
func (o *office) again(w *Waiter) {
	o.Arrive(w)
	if len(o.queue) > 0 && o.MayRun() {
		o.Run(w)
		o.handle(w)
		return
	}
	o.Wait(w)
	if o.Pollers() == 0 && len(o.kernel) > 0 && o.MayRun() {
		o.drain() // a look, without waiting
		o.Run(w)
		o.handle(w)
		return
	}
	o.rest(w)
}

// rest has a waiter poll, if it is its turn.
func (o *office) rest(w *Waiter) {
	if o.Poll(w) && len(o.kernel) > 0 {
		o.plan(o.now+wakeTime, func() { o.polled(w) })
	}
}

func (o *office) arm() {
	if len(o.queue) > 0 && o.Waiting() > 0 {
		o.look()
	}
	if !o.awake && o.NeedLook(len(o.queue)) {
		o.planLook()
	}
}

func (o *office) planLook() {
	o.awake = true
	o.plan(o.now+tickLength*float64(o.Pace()), o.watch)
}

// watch stays awake while there is traffic.
func (o *office) watch() {
	o.awake = false
	o.look()
	if o.total != o.seen {
		o.planLook()
	}
	o.seen = o.total
}

func (o *office) look() {
	ticks := uint64((o.now - o.looked) / tickLength)
	if ticks < 1 {
		return
	}
	o.looked = o.now
	release, promote := o.Look(ticks, len(o.queue), o.total, false)
	for range release {
		if w := o.Relieve(len(o.queue)); w != nil {
			o.wake(w)
		}
	}
	if promote != nil {
		o.StopPoll(promote)
		o.rest(promote)
	}
}

func TestSimulatedPorts(t *testing.T) {
	for _, slots := range []int{1, 2, 4, 16, 64} {
		for _, load := range []float64{0.01, 0.05, 0.25, 0.5, 0.9} {
			s := scene{slots: slots, workers: 2 * slots, load: load, service: 20, packets: 20000}
			for seed := range uint64(3) {
				checkScene(t, s, seed)
			}
		}
	}
}

// checkScene holds a scene without stuck handlers to what the policy promises:
// everything is handled, within the cap, by about as many workers as the load
// needs, and nothing waits for long.
func checkScene(t *testing.T, s scene, seed uint64) {
	t.Helper()
	out := simulate(s, seed)
	offered := s.load * float64(s.slots)
	switch {
	case out.handled != s.packets:
		t.Errorf("%+v seed %d: %d handled", s, seed, out.handled)
	case out.mostRunning > s.slots:
		t.Errorf("%+v seed %d: %d ran at a time", s, seed, out.mostRunning)
	case out.meanRunning > 1.5*offered+0.6:
		t.Errorf("%+v seed %d: %.2f workers ran on average, where the load needs %.2f", s, seed, out.meanRunning, offered)
	case s.load <= 0.5 && out.meanWait > 2*tickLength:
		t.Errorf("%+v seed %d: a packet waited %.0f us on average", s, seed, out.meanWait)
	}
}

// TestOneWorkerDoesItAtLightLoad looks for oscillation: at a load that one
// worker carries, one worker carries it, and the others sleep.
func TestOneWorkerDoesItAtLightLoad(t *testing.T) {
	for _, slots := range []int{2, 8, 64} {
		s := scene{slots: slots, workers: 2 * slots, load: 0.3 / float64(slots), service: 20, packets: 50000}
		out := simulate(s, 1)
		if out.meanRunning > 0.5 || out.wakes > s.packets/100 {
			t.Errorf("%d slots: %.2f workers ran on average, and %d times another was woken", slots, out.meanRunning, out.wakes)
		}
	}
}

// TestStuckHandlersDontHoldOthersUp has a handler stuck for 100 ms now and
// then: packets wait a few ticks at worst for a worker that is free, below the
// cap; and at the cap too where patience allows more.
func TestStuckHandlersDontHoldOthersUp(t *testing.T) {
	const rare = calmPace * tickLength
	for name, s := range map[string]scene{
		"below the cap": {slots: 8, workers: 16, load: 0.2, service: 20, stuckEvery: 5000, stuckFor: 100e3, packets: 50000},
		"at the cap":    {slots: 1, workers: 2, patience: 50, load: 0.2, service: 20, stuckEvery: 10000, stuckFor: 100e3, packets: 50000},
	} {
		bound := 10*tickLength + 2*rare // the first is found by a rare look
		if s.patience > 0 {
			bound += float64(s.patience) * tickLength
		}
		for seed := range uint64(5) {
			out := simulate(s, seed)
			if out.handled != s.packets || out.worstWait > bound {
				t.Errorf("%s, seed %d: %d of %d handled, worst wait %.0f us, bound %.0f", name, seed, out.handled, s.packets, out.worstWait, bound)
			}
		}
	}
}

// TestFairness has more packets than one worker can carry, of equal weight: the
// slots share them.
func TestFairness(t *testing.T) {
	s := scene{slots: 4, workers: 4, load: 0.95, service: 50, packets: 50000}
	out := simulate(s, 3)
	for i, n := range out.byWorker {
		if n < s.packets/10 {
			t.Errorf("worker %d handled %d of %d", i, n, s.packets)
		}
	}
}
