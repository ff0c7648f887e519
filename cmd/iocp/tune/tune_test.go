package tune_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"iocp/cmd/iocp/echo"
	"iocp/cmd/iocp/internal/servetest"
	"iocp/cmd/iocp/internal/service"
	"iocp/cmd/iocp/load"
	"iocp/cmd/iocp/tune"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// launcher has servers in this process, each with chores of its setting's.
func launcher(t *testing.T, chores func(tune.Setting) echo.Chores) func(tune.Setting) (*tune.Server, error) {
	return func(s tune.Setting) (*tune.Server, error) {
		cfg := service.Config{Backend: s.Backend, Workers: s.Workers, Concurrency: s.Concurrency}
		srv := servetest.Start(t, cfg, func(ctx context.Context, cfg service.Config) error {
			return echo.ServeChores(ctx, chores(s), cfg)
		})
		host, port, err := net.SplitHostPort(srv.Addr)
		return &tune.Server{Host: host, Port: port, Stop: func() { srv.Stop(t) }}, err
	}
}

func configFor(launch func(tune.Setting) (*tune.Server, error)) tune.Config {
	return tune.Config{
		Load:   load.Config{Conns: 3, Size: 64, Workers: 1},
		Axes:   tune.Axes{Backends: []string{"portable"}, Workers: []int{1, 2}, Batches: []int{64}},
		Budget: 5 * time.Second, Slice: 80 * time.Millisecond, CPUs: 4, Launch: launch,
	}
}

// TestFindsTheBetterOne has a default that takes at least ten times as long as
// one other setting does. Beside other work it may take more rounds to show.
func TestFindsTheBetterOne(t *testing.T) {
	report, said := findTheBetter(t, 8)
	if !report.Resolved {
		report, said = findTheBetter(t, 40)
	}
	if report.Recommended.Workers != 2 || !report.Resolved || !strings.HasPrefix(report.Verdict, "resolved at 95 %") || report.Goal != tune.Throughput {
		var table strings.Builder
		report.Table(&table)
		t.Errorf("%v\n%s", report.Resolved, table.String())
	}
	if first := report.Rows[0]; first.Workers != 4 || first.Better.Mean != 1 || report.Rounds < 7 {
		t.Errorf("the default's row after %d rounds: %+v", report.Rounds, first)
	}
	if !strings.Contains(said, "a look at all") || !strings.Contains(said, "round 7") {
		t.Errorf("it said\n%s", said)
	}
}

// findTheBetter has it go on for so many rounds.
func findTheBetter(t *testing.T, rounds int) (report *tune.Report, said string) {
	chores := func(s tune.Setting) echo.Chores {
		if s.Workers == 2 {
			return echo.Chores{}
		}
		return echo.Chores{Block: 20 * time.Millisecond}
	}
	cfg := configFor(launcher(t, chores))
	cfg.Budget = servetest.Bound
	ctx, enough := context.WithCancel(context.Background())
	defer enough()
	last := fmt.Sprintf("round %d,", rounds)
	cfg.Progress = func(text string) {
		said += text + "\n"
		if strings.HasPrefix(text, last) {
			enough()
		}
	}
	report, err := tune.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return report, said
}

func TestFailures(t *testing.T) {
	works := launcher(t, func(tune.Setting) echo.Chores { return echo.Chores{} })
	failing := func(workers int) func(tune.Setting) (*tune.Server, error) {
		return func(s tune.Setting) (*tune.Server, error) {
			if s.Workers == workers {
				return nil, errors.New("out of order")
			}
			return works(s)
		}
	}
	report, err := tune.Run(context.Background(), configFor(failing(2)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Table(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "portable, 2 workers, 2 at a time, batches of 64 failed: out of order") {
		t.Errorf("it printed\n%s", text.String())
	}
	if _, err := tune.Run(context.Background(), configFor(failing(4))); err == nil || !strings.Contains(err.Error(), "the default setting") {
		t.Errorf("the default fails: error %v", err)
	}
}

// TestNothingMeasured has servers whose handlers take longer than a measurement.
func TestNothingMeasured(t *testing.T) {
	cfg := configFor(launcher(t, func(tune.Setting) echo.Chores { return echo.Chores{Block: 300 * time.Millisecond} }))
	if _, err := tune.Run(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "give a longer --slice") {
		t.Errorf("error %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	for _, after := range []string{"a look at all, 1 of 3", "round 2, 1 of 3"} {
		ctx, interrupt := context.WithCancel(context.Background())
		cfg := configFor(launcher(t, func(tune.Setting) echo.Chores { return echo.Chores{} }))
		cfg.Progress = func(text string) {
			if strings.HasPrefix(text, after) {
				interrupt()
			}
		}
		report, err := tune.Run(ctx, cfg)
		interrupt()
		switch {
		case strings.HasPrefix(after, "a look") && (err == nil || !strings.Contains(err.Error(), "interrupted")):
			t.Errorf("after %q: error %v", after, err)
		case strings.HasPrefix(after, "round") && (err != nil || report.Note != "interrupted" || report.Rounds != 1):
			t.Errorf("after %q: %+v, error %v", after, report, err)
		}
	}
}

func TestPlan(t *testing.T) {
	good := configFor(nil)
	plan, err := good.Plan()
	if err != nil || !strings.Contains(plan.String(), "this takes 5s") || len(plan.Candidates) != 3 {
		t.Errorf("%v, error %v", plan, err)
	}
	for want, spoil := range map[string]func(*tune.Config){
		"too little":          func(c *tune.Config) { c.Budget = time.Second },
		"no goal":             func(c *tune.Config) { c.Goal = "fame" },
		"--workers has 0":     func(c *tune.Config) { c.Axes.Workers = []int{0} },
		"--batch has 5000":    func(c *tune.Config) { c.Axes.Batches = []int{5000} },
		"only one setting":    func(c *tune.Config) { c.Axes.Workers = []int{4} },
		"no backend":          func(c *tune.Config) { c.Axes.Backends = nil },
		"--conns is 0":        func(c *tune.Config) { c.Load.Conns = 0 },
		"only the scenario":   func(c *tune.Config) { c.Load.Scenario = load.Storm },
		"give less of one":    func(c *tune.Config) { c.Load.Conns, c.Load.Depth = 1_000_000, 60_000 },
		"at most 64 can be c": func(c *tune.Config) { c.Axes.Concurrency, c.Axes.Workers = upTo(9), upTo(9) },
	} {
		bad := good
		spoil(&bad)
		if _, err := bad.Plan(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if _, err := tune.Run(context.Background(), bad); err == nil {
			t.Errorf("%s: Run took it", want)
		}
	}
}

func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

func TestReport(t *testing.T) {
	r := tune.Report{
		Goal: tune.CPU, Rounds: 8, Verdict: "not resolved: a reason", Note: "interrupted",
		Recommended: tune.Setting{Backend: "uring", Workers: 4, Concurrency: 4, Batch: 64},
	}
	for i, backend := range []string{"uring", "epoll", "portable", "sim"} {
		row := tune.Row{Setting: r.Recommended, Contest: i < 2}
		row.Backend = backend
		row.Throughput, row.Better = tune.Interval{Mean: 1000, Low: 900, High: 1100}, tune.Interval{Mean: 1.04, Low: 0.97, High: 1.12}
		r.Rows = append(r.Rows, row)
	}
	r.Rows[3].Failure = "it broke"
	var text strings.Builder
	if err := r.Table(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"the default", "1000 ±100", "1.04 [0.97, 1.12]", "first look only", "batches of 64 failed: it broke",
		"goal: cpu, in 8 rounds", "not resolved: a reason", "note: interrupted",
		"try it: iocp echo --backend=uring --workers=4 --concurrency=4 --batch=64",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if err := r.JSON(&text); err != nil || !strings.Contains(text.String(), `"verdict": "not resolved: a reason"`) {
		t.Errorf("error %v in\n%s", err, text.String())
	}
}
