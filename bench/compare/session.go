package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// session is the work of the runner.
type session struct {
	opts    *options
	builder *builder
	client  clientProgram
	log     io.Writer
	results *results
}

// failuresMax is after how many failures a server is left out of a scenario.
const failuresMax = 2

// prepare builds everything, and leaves out what can't be had, with the
// reason.
func (s *session) prepare(ctx context.Context) error {
	if err := s.buildClient(ctx); err != nil {
		return err
	}
	if err := s.buildRival(ctx); err != nil {
		return err
	}
	unbuilt := s.buildServers(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := s.try(s.opts.base, unbuilt); err != nil {
		return fmt.Errorf("%s, which all are compared with, can't be had: %w", s.opts.base.name, err)
	}
	s.opts.peers = slices.DeleteFunc(s.opts.peers, func(c contender) bool {
		err := s.try(c, unbuilt)
		if err != nil {
			s.printf("left out: %s: %v\n", c.name, err)
			s.results.Servers = append(s.results.Servers, serverInfo{Name: c.name, LeftOut: err.Error()})
		}
		return err != nil
	})
	return nil
}

func (s *session) printf(format string, args ...any) { fmt.Fprintf(s.log, format, args...) }

// buildClient takes the first client that can be had, of those allowed.
func (s *session) buildClient(ctx context.Context) error {
	var err error
	for _, p := range s.opts.kind.clients {
		if len(s.opts.kind.clients) > 1 && s.opts.client != "auto" && p.name != "client-"+s.opts.client {
			continue
		}
		if err = s.builder.build(ctx, p); err == nil {
			s.client = clientProgram{p, s.builder.path(p)}
			return nil
		}
		s.printf("no %s: %v\n", p.name, err)
	}
	return err
}

// buildServers returns why some couldn't be built.
func (s *session) buildServers(ctx context.Context) map[string]error {
	unbuilt := map[string]error{}
	for _, p := range programsOf(append([]contender{s.opts.base}, s.opts.peers...)) {
		s.printf("building %s\n", p.name)
		if err := s.builder.build(ctx, p); err != nil {
			unbuilt[p.name] = err
		}
	}
	return unbuilt
}

// try starts a server once, without load, to see whether it works here.
func (s *session) try(c contender, unbuilt map[string]error) error {
	if err := unbuilt[c.program.name]; err != nil {
		return err
	}
	srv, err := startServer(s.builder.path(c.program), c.args(bufferMin), s.opts.cpus.server)
	if err != nil {
		return err
	}
	srv.stop()
	s.results.Servers = append(s.results.Servers, serverInfo{
		Name: c.name, About: c.about(), Version: s.builder.version(c.program), Note: srv.note,
	})
	return nil
}

// estimate is how long all runs take, about.
func (s *session) estimate() time.Duration {
	const start, connect = 0.2, 0.0002
	var seconds float64
	for _, sc := range s.opts.scenarios {
		seconds += s.opts.warmup + s.opts.seconds + start + connect*float64(sc.Conns)
	}
	runs := s.opts.rounds * len(schedule(0, len(s.opts.peers)))
	return time.Duration(float64(runs) * seconds * float64(time.Second))
}

// measure runs one scenario. When it is interrupted, what there is so far
// counts.
func (s *session) measure(ctx context.Context, sc scenario) *outcome {
	o := &outcome{Scenario: sc}
	failures := map[string]int{}
	for round := range s.opts.rounds {
		peers := slices.DeleteFunc(slices.Clone(s.opts.peers), func(c contender) bool {
			return failures[c.name] >= failuresMax
		})
		runs := s.round(ctx, sc, round, peers)
		if ctx.Err() != nil {
			break
		}
		o.Runs = append(o.Runs, runs...)
		for _, r := range runs {
			if r.Failure != "" {
				failures[r.Server]++
			}
		}
	}
	o.conclude()
	return o
}

// round runs everybody as scheduled.
func (s *session) round(ctx context.Context, sc scenario, round int, peers []contender) []run {
	order := schedule(round, len(peers))
	runs := make([]run, 0, len(order))
	for place, i := range order {
		c := s.opts.base
		if i != base {
			c = peers[i]
		}
		r := run{Server: c.name, Round: round, Place: place}
		if err := s.runOnce(ctx, c, sc, &r); err != nil {
			r.Failure = err.Error()
		}
		if ctx.Err() != nil {
			return nil
		}
		s.report(sc, round, &r)
		runs = append(runs, r)
	}
	return runs
}

func (s *session) report(sc scenario, round int, r *run) {
	s.printf("%v, round %d of %d: %-13s ", sc, round+1, s.opts.rounds, r.Server)
	if r.Failure != "" {
		s.printf("failed: %s\n", r.Failure)
		return
	}
	if sc.silent() {
		s.printf("%.0f bytes per connection\n", r.perConnection())
		return
	}
	unit := s.opts.kind.unit
	s.printf("%s us of CPU per %s, %.0f per second\n", digits(r.Figures.CPUPerMessage()), unit, r.Figures.Throughput())
}

// commit names the state of the source, or says that it is unknown.
func commit(root string) string {
	git := func(args ...string) (string, error) {
		return output(exec.Command("git", append([]string{"-C", root}, args...)...))
	}
	hash, err := git("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	changes, err := git("status", "--porcelain")
	hash = hash[:len(hash)-1]
	if err == nil && changes != "" {
		hash += ", with changes"
	}
	return hash
}
