package main

import (
	"slices"
	"strings"
	"testing"
)

func TestParseContender(t *testing.T) {
	tests := []struct {
		name, program, backend string
		loops                  int
	}{
		{"server", "server", "", 0},
		{"server-epoll", "server", "epoll", 0},
		{"port-uring/2", "port", "uring", 2},
		{"gnet/1", "gnet", "", 1},
		{"c-uring", "c-uring", "", 0},
		{"ours/1", "ours", "", 1},
		{"ours-epoll/2", "ours", "epoll", 2},
	}
	for _, tt := range tests {
		c, err := parseContender(tt.name)
		if err != nil || c.name != tt.name || c.program.name != tt.program || c.backend != tt.backend || c.loops != tt.loops {
			t.Errorf("%s: got %+v, %v", tt.name, c, err)
		}
	}
	for _, name := range []string{"", "gnet/0", "gnet/x", "gnet-epoll", "server-", "nobody"} {
		if c, err := parseContender(name); err == nil {
			t.Errorf("%q is accepted as %+v", name, c)
		}
	}
}

// TestEveryone shows that the default names every program.
func TestEveryone(t *testing.T) {
	named := map[string]bool{}
	for _, k := range kinds {
		o, err := parseOptions([]string{"-cpus=none", "-load", k.name})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range programsOf(o.peers) {
			named[p.name] = true
		}
	}
	if len(named) != len(programs) {
		t.Errorf("the defaults name %d of %d programs", len(named), len(programs))
	}
}

func TestContenderArgs(t *testing.T) {
	for name, want := range map[string]string{
		"server-epoll/3": "-addr 127.0.0.1:0 -buffer 99 -loops 3 -backend epoll",
		"ours/2":         "-fixed -addr 127.0.0.1:0 -buffer 99 -loops 2",
	} {
		c, err := parseContender(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.args(99), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestParseScenarios(t *testing.T) {
	got, err := parseScenarios("64,1000", "64", "1, 16", "0")
	want := []scenario{{Conns: 64, Size: 64, Depth: 1}, {Conns: 1000, Size: 64, Depth: 1}, {Conns: 64, Size: 64, Depth: 16}, {Conns: 1000, Size: 64, Depth: 16}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range [][4]string{{"0", "1", "1", "0"}, {"1", "x", "1", "0"}, {"1", "1", "", "0"}, {"1", "1", "1", "-1"}} {
		if got, err := parseScenarios(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("%q is accepted as %v", bad, got)
		}
	}
}

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{"-base", "port", "-only", "gnet,nbio/1", "-cpus", "0:1-3", "-size", "100", "-rounds", "2"})
	if err != nil {
		t.Fatal(err)
	}
	if o.base.name != "port" || len(o.peers) != 2 || o.threads() != 3 || o.rounds != 2 || len(o.scenarios) != 1 || o.scenarios[0].Size != 100 {
		t.Errorf("got %+v", o)
	}
	for _, bad := range []string{"-rounds=0", "-seconds=0", "-client=java", "-only=nobody", "-base=nobody", "-base=chat", "-only=nats", "-load=mail", "-depth=0", "-picture=x.svg", "-from=x -rounds=2", "-from=x -picture=x.gif", "-conns=1,2 -picture=x", "-load=idle -rate=1", "-load=idle -depth=1", "-load-percent=0", "-load-percent=101", "-load-percent=5 -rate=9", "-load-percent=5 -depth=16", "-load=idle -load-percent=5", "-placement=near", "-placement=shared", "-from=x -placement=rival", "-cpus=x", "gnet"} {
		args := strings.Fields(bad)
		if !strings.HasPrefix(bad, "-from") {
			args = append([]string{"-cpus=none"}, args...)
		}
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}
