package model

// acts are the steps of a program.
var acts = map[string]func(*program){
	"dial":          (*program).dial,
	"accept":        func(p *program) { p.accept("accept") },
	"accept many":   func(p *program) { p.accept("accept many") },
	"recv":          func(p *program) { p.recv("recv") },
	"recv pooled":   func(p *program) { p.recv("recv pooled") },
	"send":          (*program).send,
	"try send":      (*program).trySend,
	"send refused":  (*program).sendRefused,
	"flood":         (*program).flood,
	"gulp":          (*program).gulp,
	"post":          (*program).post,
	"wait":          (*program).wait,
	"cancel":        (*program).cancel,
	"cancel all":    (*program).cancelAll,
	"cancel dial":   (*program).cancelConnect,
	"shutdown":      (*program).shutdown,
	"shutdown recv": (*program).shutdownRecv,
	"close":         (*program).closeEnd,
	"abort":         (*program).abortEnd,
	"relisten":      (*program).relisten,
	"release":       (*program).release,
	"blocking":      (*program).blocking,
	"hire":          (*program).hireOne,
	"replace":       (*program).replace,
}

// A wish is how often a step is wanted.
type wish struct {
	name  string
	often int
}

// actions has each step as often as it is wanted, the plainest first;
// teamActions also those that are for several workers.
var (
	actions = each([]wish{
		{"wait", 12}, {"dial", 4}, {"accept", 3}, {"accept many", 1}, {"recv", 8}, {"recv pooled", 4}, {"send", 8},
		{"try send", 6}, {"send refused", 1}, {"flood", 1}, {"gulp", 1},
		{"post", 2}, {"release", 4}, {"cancel", 4}, {"cancel all", 1}, {"cancel dial", 1}, {"shutdown", 1},
		{"shutdown recv", 1}, {"close", 1}, {"abort", 1}, {"relisten", 1},
	})
	teamActions = append(each([]wish{{"wait", 10}, {"blocking", 4}, {"replace", 3}, {"hire", 1}}), actions...)
)

func each(wishes []wish) (all []string) {
	for _, w := range wishes {
		for range w.often {
			all = append(all, w.name)
		}
	}
	return all
}
