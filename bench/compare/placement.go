package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"iocp/bench/internal/process"
)

// placement is where the client runs, as seen from the server.
type placement string

const (
	anywhere placement = ""       // neither is pinned
	apart    placement = "apart"  // on CPUs of its own
	shared   placement = "shared" // on the server's
	rival    placement = "rival"  // there too, beside a process on each that does nothing but spin
)

// about is what is said of it under a table.
func (p placement) about() string {
	switch p {
	case apart:
		return "apart, the client has CPUs of its own"
	case shared:
		return "shared, the client is on the server's CPUs"
	case rival:
		return "rival, the client is on the server's CPUs, and on each of them another process spins"
	}
	return "none, the kernel chooses the CPUs of both"
}

func parsePlacements(list string) ([]placement, error) {
	var all []placement
	for name := range strings.SplitSeq(list, ",") {
		p := placement(strings.TrimSpace(name))
		if !slices.Contains([]placement{apart, shared, rival}, p) {
			return nil, fmt.Errorf("there is no placement %q: choose apart, shared or rival", name)
		}
		all = append(all, p)
	}
	return all, nil
}

// placed has every scenario in every placement. Without CPUs to choose from,
// apart means wherever the kernel likes.
func placed(scenarios []scenario, places []placement, cpus split) ([]scenario, error) {
	var all []scenario
	for _, p := range places {
		if p == apart && len(cpus.client) == 0 {
			p = anywhere
		}
		if (p == shared || p == rival) && len(cpus.server) == 0 {
			return nil, fmt.Errorf("-placement %s needs to know the servers' CPUs: name them, as in -cpus 0-1", p)
		}
		for _, s := range scenarios {
			s.Placement = p
			all = append(all, s)
		}
	}
	return all, nil
}

// split is who runs on which CPUs, where the client is apart; no CPUs at all
// means wherever the kernel likes.
type split struct{ server, client []int }

// clientCPUs is where the client runs.
func (o *options) clientCPUs(s scenario) []int {
	if s.Placement == shared || s.Placement == rival {
		return o.cpus.server
	}
	return o.cpus.client
}

// parseSplit reads who is to run where. The client needs CPUs of its own only
// if it is to be apart.
func parseSplit(text string, apart bool) (split, error) {
	switch text {
	case "none":
		return split{}, nil
	case "auto":
		all, err := process.CPUs()
		if apart {
			return halves(all), err
		}
		return split{server: all}, err
	}
	server, client, both := strings.Cut(text, ":")
	if !both && apart {
		return split{}, fmt.Errorf("-cpus %s: name the servers' CPUs and the client's, such as 0-1:2-3", text)
	}
	s, errServer := process.ParseCPUs(server)
	if !both {
		return split{server: s}, errServer
	}
	c, errClient := process.ParseCPUs(client)
	return split{s, c}, errors.Join(errServer, errClient)
}

// halves gives the servers the first half. One CPU can't be split.
func halves(cpus []int) split {
	if len(cpus) < 2 {
		return split{}
	}
	return split{cpus[:len(cpus)/2], cpus[len(cpus)/2:]}
}
