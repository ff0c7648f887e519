package porttest

import "strings"

// A lack is a clause that can't hold on a backend through no fault of its own.
// docs/contract.md lists them as well.
type lack struct {
	backend string
	wine    bool // only under Wine
	clause  string
	why     string
}

var lacks = []lack{
	{"portable", true, "C68_reset_pending_send", "Wine leaves package net's pending sends waiting when the peer resets the connection, now and then"},
	{"sim", true, "C109_unix_path_of_others", "Wine gives a new file the number of one that was just removed, by which sim knows its own"},
	{"winport", true, "C81_datagram_from", "Wine sends from the address of its own choice"},
	{"winport", true, "C85_datagram_unreachable", "Wine tells a connected socket of unreachable ports, and forgets its pending receives then"},
	{"winport", true, "C112_waiter_gone", "Wine gives a packet whose thread ends at that moment the status of something else, now and then"},
}

// lacking gives the clauses, with reasons, that a backend lacks here. What follows
// its name, as in sim:7, doesn't matter.
func lacking(backend string) map[string]string {
	backend, _, _ = strings.Cut(backend, ":")
	here := map[string]string{}
	for _, l := range lacks {
		if l.backend == backend && (!l.wine || underWine()) {
			here[l.clause] = l.why
		}
	}
	return here
}
