package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"iocp/bench/internal/figures"
	"iocp/bench/internal/process"
)

// scenario is a shape of load.
type scenario struct {
	Conns int     `json:"conns"`
	Size  int     `json:"size"`
	Depth int     `json:"depth"`
	Rate  float64 `json:"rate"` // messages a second; 0: closed loop
	Slow  bool    `json:"slow,omitempty"`

	// Percent is what part Rate is of what our server can do; 0: Rate was
	// given, or there is none.
	Percent   float64   `json:"percent,omitempty"`
	Placement placement `json:"placement,omitempty"`
}

func (s scenario) String() string {
	text := s.load()
	if s.Placement == shared || s.Placement == rival {
		text += ", " + string(s.Placement)
	}
	return text
}

// load is the scenario but for its placement.
func (s scenario) load() string {
	if s.Slow {
		return fmt.Sprintf("%d connections that send all they can and read 10,000 bytes a second", s.Conns)
	}
	text := fmt.Sprintf("%d connections, %d bytes", s.Conns, s.Size)
	if s.Depth > 1 {
		text += fmt.Sprintf(", %d deep", s.Depth)
	}
	if s.silent() {
		text += ", silent after one message on each"
	}
	return text + s.pace()
}

// pace says when messages are due, if they are.
func (s scenario) pace() string {
	switch {
	case s.Percent > 0 && s.Rate > 0:
		return fmt.Sprintf(", %g %% of full load: %.0f messages a second", s.Percent, s.Rate)
	case s.Percent > 0:
		return fmt.Sprintf(", %g %% of full load", s.Percent)
	case s.Rate > 0:
		return fmt.Sprintf(", %g messages a second", s.Rate)
	}
	return ""
}

// silent reports whether nothing is sent once all connections are there.
func (s scenario) silent() bool { return s.Depth == 0 }

// run is one run of a contender under a scenario.
type run struct {
	Server   string       `json:"server"`
	Round    int          `json:"round"`
	Place    int          `json:"place"` // in the order of the round
	RSSStart int64        `json:"rss_start"`
	Others   float64      `json:"others_cpus"` // CPUs busy with something else meanwhile
	Figures  *figures.Run `json:"figures,omitempty"`
	Failure  string       `json:"failure,omitempty"`
}

// clientProgram puts the load on.
type clientProgram struct {
	program
	path string
}

// grace is what a run may take beyond its window, for its connections.
const grace = time.Minute

// runOnce starts the contender, puts the load on it and ends it.
func (s *session) runOnce(ctx context.Context, c contender, sc scenario, r *run) error {
	before, err := process.Busy()
	if err != nil {
		return err
	}
	began := time.Now()
	beside, err := s.startRivals(sc)
	if err != nil {
		return err
	}
	defer beside.end()
	srv, err := startServer(s.builder.path(c.program), c.args(max(sc.Size, bufferMin)), s.opts.cpus.server)
	if err != nil {
		return err
	}
	r.RSSStart = srv.rss
	figures, clientTook, err := s.load(ctx, srv, c, sc)
	serverTook, errCPU := process.CPU(srv.pid)
	srv.stop()
	rivalsTook, errRivals := beside.took()
	if err := errors.Join(err, errCPU, errRivals); err != nil {
		return err
	}
	r.Figures = figures
	after, err := process.Busy()
	others := after - before - clientTook - serverTook - rivalsTook
	r.Others = max(others.Seconds()/time.Since(began).Seconds(), 0)
	return err
}

// bufferMin is the usual size of a buffer for each connection.
const bufferMin = 4 << 10

// runMax bounds a run under load.
func (o *options) runMax() time.Duration {
	return time.Duration((o.warmup+o.seconds)*float64(time.Second)) + grace
}

func (s *session) load(ctx context.Context, srv *server, c contender, sc scenario) (f *figures.Run, clientTook time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.runMax())
	defer cancel()
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	cmd := exec.CommandContext(ctx, s.client.path,
		"-addr", srv.addr.String(), "-pid", strconv.Itoa(srv.pid),
		"-conns", strconv.Itoa(sc.Conns), "-size", strconv.Itoa(sc.Size), "-depth", strconv.Itoa(sc.Depth),
		"-rate", number(sc.Rate), "-threads", strconv.Itoa(s.opts.threads()),
		"-warmup", number(s.opts.warmup), "-seconds", number(s.opts.seconds))
	if c.program.proto != "" {
		cmd.Args = append(cmd.Args, "-proto", c.program.proto)
	}
	var stdout strings.Builder
	var stderr head
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err = process.Start(cmd, s.opts.clientCPUs(sc)); err != nil {
		return nil, 0, err
	}
	if err = cmd.Wait(); err != nil {
		if said := stderr.line(); said != "" {
			err = errors.New(said)
		}
		return nil, 0, err
	}
	f, err = parseFigures(stdout.String())
	return f, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

func parseFigures(text string) (*figures.Run, error) {
	f := new(figures.Run)
	if err := json.Unmarshal([]byte(text), f); err != nil {
		return nil, fmt.Errorf("the client printed %q: %w", text, err)
	}
	if f.Seconds <= 0 || f.Depth > 0 && (f.Messages <= 0 || f.ServerCPU <= 0) {
		return nil, fmt.Errorf("nothing came back: %s", strings.TrimSpace(text))
	}
	return f, nil
}
