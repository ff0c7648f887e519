package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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

// compareForAMoment runs the comparison and reads what was written.
func compareForAMoment(t *testing.T, args ...string) *outcome {
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
	for _, run := range r.Outcomes[0].Runs {
		if run.Failure != "" || run.Figures.Messages == 0 && run.Figures.Depth > 0 || run.Figures.ServerRSS == 0 || run.RSSStart == 0 {
			t.Errorf("got %+v", run)
		}
	}
	return r.Outcomes[0]
}

func TestEcho(t *testing.T) {
	o := compareForAMoment(t, "-only", "stdnet", "-conns", "8", "-size", "64")
	if c := o.Comparisons["stdnet"]; c.CPU.Pairs != 2 || c.CPU.Ratio <= 0 {
		t.Errorf("got %+v", c)
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
	needLinux(t)
	ctx, cancel := context.WithTimeout(t.Context(), smokeMax)
	defer cancel()
	root, err := findRoot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{root, t.TempDir()}
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
