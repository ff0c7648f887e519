package load

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"iocp"
)

// The scenarios: what is done to the server.
const (
	Echo   = "echo"   // messages on all connections, which come back
	Idle   = "idle"   // the same on few of many connections
	Storm  = "storm"  // connections are made, used and ended all the time
	Half   = "half"   // the same, with the send side ended before anything is received
	Slow   = "slow"   // clients read at a rate, and send as much as is taken
	Fanout = "fanout" // what one says all others hear
)

// A part is what a scenario has one worker do. All its methods are called on
// the worker's goroutine.
type part interface {
	// clients are the connections that are to be there from the start.
	clients() []client

	begin(now time.Duration)

	// take handles a completion whose key is one of the part's clients.
	take(done *iocp.Completion, now time.Duration)

	// turn comes after all that one Wait has brought, and does what is due.
	turn(now time.Duration)

	// over is asked after turn: nothing is to be done and nothing awaited.
	over(now time.Duration) bool

	// giveUp counts what hasn't come when the run is over.
	giveUp(now time.Duration)
}

// A scenario leads to its parts.
type scenario struct {
	name  string
	unit  string // what is counted
	start func(*worker) part
	check func(*Config) error // may be nil
	fill  func(*Config)       // sets what was left to the scenario

	// turnOf finds a worker's next turn in the schedule, by its number: the
	// first from one on, if there is any.
	turnOf func(r *run, worker int, from int64) (number int64, ok bool)
}

var scenarios = []scenario{
	{Echo, "message", newEchoPart, nil, fillEcho, (*run).ownersTurn},
	{Idle, "message", newEchoPart, nil, fillIdle, (*run).ownersTurn},
	{Storm, "connection", newCyclePart, nil, fillCycle, (*run).workersTurn},
	{Half, "connection", newCyclePart, nil, fillCycle, (*run).workersTurn},
	{Slow, "message", newSlowPart, checkSlow, fillSlow, (*run).workersTurn},
	{Fanout, "delivery", newFanPart, checkFanout, fillCommon, (*run).firstsTurn},
}

// Scenarios are the names of all.
func Scenarios() []string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return names
}

func scenarioNamed(name string) (*scenario, error) {
	i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name || name == "" })
	if i < 0 {
		return nil, fmt.Errorf("there is no scenario %q: choose one of %s", name, strings.Join(Scenarios(), ", "))
	}
	return &scenarios[i], nil
}
