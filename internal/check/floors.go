package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// floorsFile says how many clauses each backend passes at least. It is checked
// in, and its numbers only ever grow.
const floorsFile = "porttest/clauses.txt"

// wineSuffix marks, in the file, the floor of a backend under Wine that has
// one of its own natively as well. winport goes without it, as Wine is the
// only place where this program ever runs it on Linux.
const wineSuffix = "@wine"

func readFloors() (map[string]int, error) {
	text, err := os.ReadFile(floorsFile)
	if err != nil {
		return nil, err
	}
	return parseFloors(string(text))
}

// parseFloors reads lines of "backend count"; # starts a comment.
func parseFloors(text string) (map[string]int, error) {
	floors := map[string]int{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		bad := func(why string) (map[string]int, error) {
			return nil, fmt.Errorf("%s:%d: %s: %q", floorsFile, number, why, strings.TrimSpace(line))
		}
		if len(fields) != 2 {
			return bad("want a backend and a count")
		}
		count, err := strconv.Atoi(fields[1])
		if err != nil || count < 1 {
			return bad("want a count above zero")
		}
		if _, twice := floors[fields[0]]; twice {
			return bad("a second count for the backend")
		}
		floors[fields[0]] = count
	}
	return floors, nil
}

// floorKey is the backend's name in the file, for this group.
func (g clauseGroup) floorKey(backend string) string {
	if g.wine != "" && backend != "winport" {
		return backend + wineSuffix
	}
	return backend
}

// backendOf is the reverse of floorKey for the backends that this group should
// have run. Elsewhere than on Linux and under Wine, where the file is
// maintained, that is for g.required to say.
func (g clauseGroup) backendOf(key string) (backend string, ours bool) {
	backend, suffixed := strings.CutSuffix(key, wineSuffix)
	switch {
	case g.wine != "":
		return backend, suffixed || key == "winport"
	case g.goos == "linux":
		return backend, !suffixed && key != "winport"
	default:
		return backend, false
	}
}
