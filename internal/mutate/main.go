// Command mutate shows what the tests don't: it changes one place of the code at
// a time, builds that aside (go test -overlay: the work tree stays as it is), and
// runs the tests that can see it. A mutant that no test notices survives: then
// the code says something that nothing holds it to.
//
//	go run ./internal/mutate -n 20 -seed 1 -out results.jsonl
//
// How the results are to be read is in docs/mutation.md. It isn't part of CI: a
// run takes hours of CPU time, and a person has to judge what survives.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "what the choice of mutants begins with")
	flag.IntVar(&o.perRoom, "n", 20, "how many mutants of each room to try")
	flag.StringVar(&o.room, "room", "", "try only this room's")
	flag.StringVar(&o.only, "only", "", "try only those whose place and kind contain this, such as `queue.go:92: drop`")
	flag.BoolVar(&o.list, "list", false, "list the mutants instead of trying them")
	flag.StringVar(&o.out, "out", "", "add the results to this `file`, a JSON object a line; what is in it already isn't tried again")
	flag.BoolVar(&o.report, "report", false, "print the tables for what -out names, and try nothing")
	flag.IntVar(&o.memoryMiB, "memory", 4096, "how many MiB a process of a test may have, so that a mutant that never stops allocating dies alone")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}
