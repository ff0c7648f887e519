package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// readAll reads results that were written before, and makes one of them.
func readAll(files []string) (*results, error) {
	var all *results
	for _, file := range files {
		r, err := read(strings.TrimSpace(file))
		if err == nil && all != nil {
			err = all.merge(r)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if all == nil {
			all = r
		}
	}
	for _, o := range all.Outcomes {
		o.conclude()
	}
	return all, nil
}

func read(file string) (*results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	if len(r.Outcomes) == 0 {
		return nil, fmt.Errorf("there are no results in it")
	}
	r.place()
	return r, nil
}

// place says of results from before there was a choice where the client was.
func (r *results) place() {
	for _, o := range r.Outcomes {
		if o.Scenario.Placement == anywhere && r.Conditions.ClientCPUs != "" {
			o.Scenario.Placement = apart
		}
	}
}

// merge adds what another measurement has brought. Runs of the same scenario
// count as further rounds of it.
func (r *results) merge(more *results) error {
	mine := append([]conditions{r.Conditions}, r.Merged...)
	for _, c := range append([]conditions{more.Conditions}, more.Merged...) {
		if c.Load != r.Conditions.Load || c.Base != r.Conditions.Base {
			return fmt.Errorf("-load %s -base %s can't be put together with -load %s -base %s", c.Load, c.Base, r.Conditions.Load, r.Conditions.Base)
		}
		if slices.Contains(mine, c) {
			return fmt.Errorf("what was measured at %s is there already", c.Date)
		}
		r.Merged = append(r.Merged, c)
	}
	for _, s := range more.Servers {
		r.mergeServer(s)
	}
	for _, o := range more.Outcomes {
		r.mergeOutcome(o)
	}
	return nil
}

// mergeServer takes a server that is new, or that was left out so far.
func (r *results) mergeServer(s serverInfo) {
	i := slices.IndexFunc(r.Servers, func(known serverInfo) bool { return known.Name == s.Name })
	switch {
	case i < 0:
		r.Servers = append(r.Servers, s)
	case r.Servers[i].LeftOut != "":
		r.Servers[i] = s
	}
}

func (r *results) mergeOutcome(o *outcome) {
	for _, known := range r.Outcomes {
		if known.Scenario == o.Scenario {
			known.Runs = append(known.Runs, o.Runs...)
			return
		}
	}
	r.Outcomes = append(r.Outcomes, o)
}
