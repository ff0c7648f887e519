package main

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

func TestNoteClause(t *testing.T) {
	id := clauseID{"uring", "C60_eof"}
	tests := []struct {
		name    string
		results [][2]string
		want    map[clauseID]string
	}{
		{"a pass", [][2]string{{"TestConformance/uring/C60_eof", "pass"}}, map[clauseID]string{id: "pass"}},
		{"a part of a clause is none", [][2]string{{"TestConformance/uring/C60_eof/short", "pass"}}, nil},
		{"nor is a backend", [][2]string{{"TestConformance/uring", "pass"}}, nil},
		{"nor is anything else", [][2]string{{"TestConformance/uring/helper", "pass"}, {"TestOther/uring/C60_eof", "pass"}}, nil},
		{"a pass outweighs a skip", [][2]string{
			{"TestConformance/uring/C60_eof", "pass"},
			{"TestConformance/uring/C60_eof", "skip"},
		}, map[clauseID]string{id: "pass"}},
		{"a failure outweighs a pass", [][2]string{
			{"TestConformance/uring/C60_eof", "fail"},
			{"TestConformance/uring/C60_eof", "pass"},
		}, map[clauseID]string{id: "fail"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := newTestLog("")
			for _, r := range tt.results {
				log.noteClause(r[0], r[1])
			}
			if !maps.Equal(log.clauses, tt.want) {
				t.Errorf("got %v, want %v", log.clauses, tt.want)
			}
		})
	}
}

// verdicts makes a group's verdicts of "backend clause verdict" lines.
func verdicts(lines ...string) map[clauseID]string {
	m := map[clauseID]string{}
	for _, line := range lines {
		f := strings.Fields(line)
		m[clauseID{f[0], f[1]}] = f[2]
	}
	return m
}

func TestJudge(t *testing.T) {
	linux := func(lines ...string) clauseGroup {
		return clauseGroup{goos: "linux", required: []string{"epoll"}, verdicts: verdicts(lines...)}
	}
	wine := func(lines ...string) clauseGroup {
		return clauseGroup{goos: "windows", wine: "Wine 8.0", required: []string{"winport"}, verdicts: verdicts(lines...)}
	}
	tests := []struct {
		name    string
		group   clauseGroup
		floors  map[string]int
		row     string // part of the rows
		problem string // part of the problems, or "" for none
	}{
		{"enough", linux("epoll C1 pass", "epoll C2 skip"), map[string]int{"epoll": 1}, "epoll                           1      1       0       1\n", ""},
		{"more than enough", linux("epoll C1 pass", "epoll C2 pass"), map[string]int{"epoll": 1}, "may be raised to 2", ""},
		{"fewer", linux("epoll C1 pass", "epoll C2 fail"), map[string]int{"epoll": 2}, "", "epoll: 1 clauses passed, fewer than the 2"},
		{"none", linux(), nil, "", "epoll: not a single clause passed"},
		{"only skips", linux("epoll C1 skip"), nil, "", "epoll: not a single clause passed"},
		{"a floor requires a backend", linux("epoll C1 pass"), map[string]int{"sim": 1}, "", "sim: not a single clause passed"},
		{"but not one of Wine's", linux("epoll C1 pass"), map[string]int{"winport": 1, "portable@wine": 1}, "", ""},
		{"a new backend", linux("epoll C1 pass", "sim C1 pass"), nil, "clauses.txt: sim 1\n", ""},
		{"Wine is named", wine("winport C1 pass"), map[string]int{"winport": 1, "epoll": 7}, "winport (Wine 8.0) ", ""},
		{"Wine has floors of its own", wine("winport C1 pass", "portable C1 pass"), map[string]int{"portable": 2}, "clauses.txt: portable@wine 1\n", ""},
		{"which count", wine("winport C1 pass", "portable C1 pass"), map[string]int{"portable@wine": 2}, "", "portable (Wine 8.0): 1 clauses passed, fewer than the 2"},
		{"elsewhere no floor requires a backend", clauseGroup{goos: "darwin", required: []string{"portable"}, verdicts: verdicts("portable C1 pass")}, map[string]int{"epoll": 2}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, problems := tt.group.judge(tt.floors)
			if !strings.Contains(rows, tt.row) {
				t.Errorf("rows lack %q:\n%s", tt.row, rows)
			}
			if tt.problem == "" && problems != nil {
				t.Errorf("problems: %v", problems)
			}
			if err := errors.Join(problems...); tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
				t.Errorf("problems lack %q: %v", tt.problem, err)
			}
		})
	}
}
