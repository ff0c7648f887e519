package sched

import "math"

// This file finds how many workers help.
//
// The target is how many may be busy or polling. Another value is tried now and
// then, in turns with the one that there is, and kept if it is better:
//
//   - More are tried when nobody waits in the kernel.
//   - Fewer are tried when somebody does for a good part of the time, but also when
//     nobody does: where other threads want the same CPUs, or where batches become
//     larger, one worker may get more done than two.
//   - What counts is how many packets are handled in a time, compared with the
//     noise in it.
//   - The more trials were in vain, the later the next one is, and the longer it
//     takes to be believed.
//   - Where workers have to queue for CPUs, they get them in slices of some
//     milliseconds, and under a cgroup's quota for a part of every 100 ms: trials
//     take longer there.

// noneIdle is up to how much idle time, in percent of one worker's, nobody has
// time left over.
const noneIdle = 3

const (
	// In milliseconds.
	fullMin    = 10   // after so long without idle time there may be work for more
	waitMin    = 20   // from one trial to the next, at first
	proven     = 1000 // after so long the last change was right
	strange    = 100  // after so long of another load the last trial's outcome means nothing
	settleMin  = 4    // after a change so much doesn't count
	armMin     = 10   // for so long at least a value is tried at a time
	armQueued  = 40   // where workers queue for CPUs
	armFrozen  = 400  // where a quota stops them
	armMost    = 80   // and so long at most
	frozenMin  = 20   // who queues for CPUs, and isn't reviewed for so long, was stopped
	frozenLong = 5000 // that is remembered for so long

	pause     = 3    // so many times as long as it took a trial is behind,
	pauseLong = 9    // and so many if it wasn't the first in vain
	doubtMost = 8    // as many times waitMin may double: 5 s
	rounds    = 4    // so many times both values are tried
	fading    = 0.9  // by this much older periods count less while nothing is tried
	someIdle  = 30   // percent of one worker's time: from this much on fewer are worth a trial
	contended = 0.85 // who gets less of the CPU time it wants has to queue for it

	// Logarithms of the ratio of two rates.
	gainMin  = 0.03 // by so much more workers must get more done
	tie      = 0.02 // two values between which there is less are equally good
	clear    = 0.2  // a trial that was so much worse needn't be repeated soon
	unlike   = 0.4  // rates that differ by this much are of another load
	sureness = 2.5  // standard errors by which it must be more,
	doubtful = 2    // and by which it must be less
)

// way is a direction of change.
type way int

const (
	more way = iota
	fewer
)

// target finds how many workers help. It is told what each period brought, and
// says how many may be active in the next.
type target struct {
	value, min, max int

	// In milliseconds, how long it is
	full   float64 // that nobody was idle
	steady float64 // since the last trial
	age    float64 // since the value changed
	odd    float64 // that the load is another than at the last trial
	frozen float64 // that it will be remembered that a quota stopped the process

	changed way    // how the value last changed
	doubt   [2]int // per way, trials in vain
	home    sample // at value
	before  sample // home, when a trial last was in vain

	trial *comparison // or nil
	spare comparison  // what trial points to
}

// comparison is a trial of another value.
type comparison struct {
	value  int
	away   bool    // it is on; else the one that there was
	phase  float64 // for so long, in milliseconds
	settle float64 // of that, so much doesn't count
	length float64 // and so much does
	least  float64 // before so much nothing is decided
	round  int
	spent  float64 // on all of them
	sample sample  // of the other value
	back   sample  // of the old one, in this part
	over   bool    // nobody was idle for some time while the other value was on
	risky  bool    // fewer, who may not carry what more did with some time left over
}

// active is how many workers may be active now.
func (t *target) active() int {
	if t.trial != nil && t.trial.away {
		return t.trial.value
	}
	return t.value
}

// review takes note of a period. There are so many workers more than may be active;
// with less than none, some of these are missing.
func (t *target) review(p Period, spare int) {
	if t.full += p.ms(); p.Idle > noneIdle {
		t.full = 0
	}
	if t.frozen -= p.ms(); p.ms() >= frozenMin && p.CPU >= 0 && float64(p.CPU) < contended*float64(100*t.active()-p.Idle) {
		t.frozen = frozenLong
	}
	if t.trial != nil {
		t.compare(p)
		return
	}
	t.steady += p.ms()
	t.home.fade(fading)
	t.home.add(p, 0)
	t.prove(p)
	t.notice(p)
	if spare >= 0 {
		t.consider(p, spare)
	}
}

// consider begins a trial if it is time for one.
func (t *target) consider(p Period, spare int) {
	next := t.next(spare)
	switch full := t.full >= fullMin; {
	case full && next == more && t.value < t.max && spare > 0 && t.due(more):
		t.begin(t.value + min(t.stride(more), spare))
	case full && next == fewer && t.due(fewer):
		t.begin(t.value - t.stride(fewer))
	case !full && p.Idle >= someIdle && t.value > t.min && t.due(fewer):
		t.begin(t.value - max(1, int(t.home.idleShare())/100))
	}
}

// next is what is tried next if nobody is idle: what was less often tried in vain.
func (t *target) next(spare int) way {
	switch {
	case t.value == t.min:
		return more
	case t.value == t.max || spare == 0 || t.doubt[fewer] < t.doubt[more]:
		return fewer
	case t.doubt[fewer] == t.doubt[more] && t.queues():
		return fewer
	}
	return more
}

// queues reports whether workers have to queue for CPUs.
func (t *target) queues() bool { return t.home.got(t.value) < contended }

// due reports whether it is time for a trial.
func (t *target) due(w way) bool {
	wait := math.Ldexp(waitMin, t.doubt[w])
	if w == more && t.doubt[w] == 0 {
		wait = 0
	}
	return t.steady >= wait
}

// stride is by how much the value is changed. With many CPUs one worker more or
// less makes no difference that can be seen.
func (t *target) stride(w way) int {
	if w == more && t.doubt[w] == 0 {
		return t.value
	}
	return max(1, t.value/8)
}

func (t *target) begin(value int) {
	t.spare = comparison{value: min(max(value, t.min), t.max), away: true, least: armMin}
	r := &t.spare
	t.trial = r
	r.risky = t.way() == fewer && t.home.idleShare() > noneIdle
	switch {
	case r.risky:
	case t.frozen > 0:
		r.least = armFrozen
	case t.queues():
		r.least = armQueued
	}
	r.last(min(math.Ldexp(armMin, t.doubt[t.way()]), armMost))
}

// last sets for how long each value is on.
func (r *comparison) last(length float64) {
	r.length = max(length, r.least)
	if r.settle = settleMin; !r.risky {
		r.settle = max(r.length/4, settleMin)
	}
}

// way is the trial's.
func (t *target) way() way {
	if t.trial.value > t.value {
		return more
	}
	return fewer
}

// compare goes on with the trial.
func (t *target) compare(p Period) {
	r := t.trial
	r.phase += p.ms()
	r.spent += p.ms()
	measured := r.phase - r.settle
	if measured <= 0 {
		return
	}
	if block := r.length / 4; r.away {
		r.sample.add(p, block)
	} else {
		t.home.add(p, block)
	}
	if !r.away {
		r.back.add(p, 0)
	}
	r.over = r.over || r.away && t.full >= fullMin
	if measured >= r.least {
		t.judge(measured >= r.length)
	}
}

// judge ends the trial, or goes on to its next part if this one is over. No trial
// is in vain before the old value has been on again, and none a success if one was in
// vain before: it may be the load that is no longer the same.
func (t *target) judge(over bool) {
	switch r, verdict := t.trial, t.verdict(); {
	case verdict > 0 && over && !(r.away && t.doubt[t.way()] > 0):
		t.keep()
	case r.away && (over || verdict < 0 || r.risky && r.over):
		r.away, r.phase, r.back = false, 0, sample{}
	case r.away:
	case t.way() == more && r.back.idleShare() >= someIdle:
		t.end() // there is less to do now
	case verdict < 0:
		t.inVain()
	case over && r.round == rounds-1:
		t.decide()
	case over:
		r.away, r.phase = true, 0
		r.round++
		r.last(min(2*r.length, armMost))
	}
}

// verdict says whether the trial's value is better (1), worse (-1), or not yet
// known to be either.
func (t *target) verdict() int {
	gain, err := t.trial.sample.over(&t.home)
	switch least := t.least(); {
	case gain-sureness*err >= least:
		return 1
	case gain+doubtful*err < least:
		return -1
	}
	return 0
}

// least is by how much more has to be done with the trial's value for it to be
// better.
func (t *target) least() float64 {
	r := t.trial
	idle := r.sample.idleShare() > noneIdle
	switch {
	case t.way() == fewer && idle && !r.over: // they carry the load
		return math.Inf(-1)
	case t.way() == more && !idle:
		return gainMin
	case r.risky: // they may just not carry it, and the rest piles up
		return tie
	default:
		return -tie
	}
}

// keep ends a trial that was a success.
func (t *target) keep() {
	w := t.way()
	if other := 1 - w; t.changed == other && t.age < proven && (w == more || t.trial.sample.idleShare() <= noneIdle) {
		t.doubt[other] = min(t.doubt[other]+2, doubtMost) // the last change was no good
	}
	t.doubt[w] = max(t.doubt[w]-1, 0)
	t.value, t.home, t.before = t.trial.value, t.trial.sample, sample{}
	t.changed, t.age = w, 0
	full := t.full
	t.end()
	t.full, t.steady = full, 0
}

// decide ends a trial that isn't clear after all its rounds.
func (t *target) decide() {
	gain, err := t.trial.sample.over(&t.home)
	if t.way() == more {
		gain -= err // fewer are cheaper, and answer sooner
	}
	if gain >= t.least() {
		t.keep()
	} else {
		t.inVain()
	}
}

// inVain ends a trial that was no success.
func (t *target) inVain() {
	w := t.way()
	doubt := t.doubt[w] + 1
	if gain, _ := t.trial.sample.over(&t.home); gain < -clear {
		doubt++
	}
	t.doubt[w] = min(doubt, doubtMost)
	t.before, t.odd = t.home, 0
	t.end()
}

// end has the next trial wait: so much the longer as this one took.
func (t *target) end() {
	pause := float64(pause)
	if t.doubt[t.way()] > 1 {
		pause = pauseLong
	}
	t.trial, t.steady, t.full = nil, -pause*t.trial.spent, 0
}

// prove has the last change count as right after some time.
func (t *target) prove(p Period) {
	if t.age < proven && t.age+p.ms() >= proven {
		t.doubt[t.changed] = 0
	}
	t.age += p.ms()
}

// notice forgets past trials when there still is as much to do as can be done, but
// of another kind, or with other CPUs.
func (t *target) notice(p Period) {
	if t.odd += p.ms(); t.full == 0 || t.before.time == 0 || t.home.like(&t.before, t.value) {
		t.odd = 0
	}
	if t.odd >= strange {
		t.doubt, t.before, t.steady = [2]int{}, sample{}, max(t.steady, 0)
	}
}

// like reports whether two samples are of the same load and the same CPUs.
func (s *sample) like(o *sample, workers int) bool {
	rates := math.Abs(math.Log(s.rate() / o.rate()))
	return rates < unlike && (s.got(workers) < contended) == (o.got(workers) < contended)
}
