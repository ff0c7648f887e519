package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iocp/bench/internal/process"
)

const smokeMax = 3 * time.Minute // most of which is for building

func needLinux(t *testing.T) {
	if _, err := process.CPUs(); err != nil {
		t.Skip("capability: ", err)
	}
}

// compareForAMoment runs the comparison and reads what was written. All runs
// have to come to an end.
func compareForAMoment(t *testing.T, args ...string) *outcome {
	o := compareAnyhow(t, args...)
	for _, run := range o.Runs {
		if run.Failure != "" || run.Figures.Messages == 0 && run.Figures.Depth > 0 || run.Figures.ServerRSS == 0 || run.RSSStart == 0 {
			t.Errorf("got %+v", run)
		}
	}
	return o
}

// compareAnyhow does so whatever becomes of the runs.
func compareAnyhow(t *testing.T, args ...string) *outcome {
	needLinux(t)
	ctx, cancel := context.WithTimeout(t.Context(), smokeMax)
	defer cancel()
	dir := t.TempDir()
	args = append([]string{"-depth", "2", "-rounds", "2", "-seconds", "0.2", "-warmup", "0.05", "-client", "go", "-out", dir}, args...)
	var out, log bytes.Buffer
	if err := compareAll(ctx, args, &out, &log); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	text, err := os.ReadFile(filepath.Join(dir, "compare.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r results
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "compare.md"))
	if err != nil || !bytes.Equal(table, out.Bytes()) {
		t.Errorf("what was written isn't what was printed: %v\n%s", err, table)
	}
	if len(r.Outcomes) != 1 || len(r.Outcomes[0].Runs) != 4 {
		t.Fatalf("got %s", text)
	}
	return r.Outcomes[0]
}

func TestEcho(t *testing.T) {
	o := compareForAMoment(t, "-only", "stdnet", "-conns", "8", "-size", "64")
	if c := o.Comparisons["stdnet"]; c.CPU.Pairs != 2 || c.CPU.Ratio <= 0 {
		t.Errorf("got %+v", c)
	}
}

// TestRival has our server with one worker, at a part of full load, share its
// CPU with the client and with a rival. Beside other programs there may be so
// little of it left that nothing comes back in time.
func TestRival(t *testing.T) {
	needLinux(t)
	cpus, err := process.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	one := process.FormatCPUs(cpus[:1])
	o := compareAnyhow(t, "-only", "ours/1", "-conns", "8", "-size", "64", "-depth", "1", "-seconds", "1",
		"-placement", "rival", "-cpus", one, "-load-percent", "25")
	if s := o.Scenario; s.Placement != rival || s.Percent != 25 || s.Rate <= 0 {
		t.Errorf("got %+v", s)
	}
	for _, r := range o.Runs {
		if r.Failure != "" && !strings.HasPrefix(r.Failure, "nothing came back") {
			t.Errorf("got %+v", r)
		}
		if r.Figures != nil && r.Figures.Rate != o.Scenario.Rate {
			t.Errorf("got %+v, want a rate of %g", r.Figures, o.Scenario.Rate)
		}
	}
}

// smokeBuilder builds into a directory of the test's own, within its time.
func smokeBuilder(t *testing.T) (context.Context, *builder) {
	t.Helper()
	needLinux(t)
	ctx, cancel := context.WithTimeout(t.Context(), smokeMax)
	t.Cleanup(cancel)
	root, err := findRoot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, &builder{root, t.TempDir()}
}

// TestRivalsEnd shows that a rival takes its CPU until it is ended, and that it
// doesn't outlive who started it, nor its time.
func TestRivalsEnd(t *testing.T) {
	ctx, b := smokeBuilder(t)
	if err := b.build(ctx, rivalProgram); err != nil {
		t.Fatal(err)
	}
	cpus, err := process.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	for what, most := range map[string]time.Duration{"killed": smokeMax, "input": smokeMax, "time": 10 * time.Millisecond} {
		r, err := startRival(b.path(rivalProgram), cpus[0], most)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.stdin.Close() })
		switch what {
		case "killed":
			spins(ctx, t, r)
			rivals{r}.end()
			continue
		case "input":
			spins(ctx, t, r)
			r.stdin.Close()
		}
		ended := make(chan struct{})
		go func() { r.cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-ctx.Done():
			r.cmd.Process.Kill()
			t.Errorf("%s: it doesn't end", what)
		}
	}
}

// spins waits until a rival has taken some CPU time.
func spins(ctx context.Context, t *testing.T, r rivalProcess) {
	t.Helper()
	for {
		took, err := rivals{r}.took()
		if err != nil || ctx.Err() != nil {
			t.Fatalf("it takes no CPU time: %v, %v", took, err)
		}
		if took > 50*time.Millisecond {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestChat compares ours with itself, and with what is installed.
func TestChat(t *testing.T) {
	for _, name := range []string{"chat", "ergo", "ngircd"} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); name != "chat" && err != nil {
				t.Skip("capability: ", err)
			}
			o := compareForAMoment(t, "-load", "chat", "-only", name, "-conns", "8")
			if c := o.Comparisons[name]; c.CPU.Pairs != 2 || c.CPU.Ratio <= 0 {
				t.Errorf("got %+v", c)
			}
		})
	}
}

// TestServersEnd shows that a server doesn't outlive who started it.
func TestServersEnd(t *testing.T) {
	ctx, b := smokeBuilder(t)
	all, err := parseContenders("server,port,stdnet")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := b.build(ctx, c.program); err != nil {
			t.Fatal(err)
		}
		for name, end := range map[string]func(*server){
			"input":  func(s *server) { s.stdin.Close() },
			"signal": (*server).terminate,
		} {
			srv, err := startServer(b.path(c.program), c.args(bufferMin), nil)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			end(srv)
			ended := make(chan struct{})
			go func() { srv.cmd.Wait(); close(ended) }()
			select {
			case <-ended:
			case <-ctx.Done():
				srv.cmd.Process.Kill()
				t.Errorf("%s doesn't end with its %s", c.name, name)
			}
		}
	}
}
