package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// options is what the flags say.
type options struct {
	seed         uint64
	perRoom      int
	room, only   string
	list, report bool
	out          string
	memoryMiB    int
	done         map[string]bool // mutants whose results are in out
	commit       string
}

func (o *options) run() error {
	results, err := o.read()
	if err != nil {
		return err
	}
	if o.report {
		report(os.Stdout, results)
		return nil
	}
	o.done = map[string]bool{}
	for _, r := range results {
		o.done[r.key()] = true
	}
	if o.commit, err = commit(); err != nil {
		return err
	}
	for _, r := range rooms {
		if o.room != "" && o.room != r.name {
			continue
		}
		if err := o.visit(r); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// key tells results apart.
func (m mutant) key() string { return fmt.Sprintf("%s column %d", m, m.Column) }

// visit tries some mutants of a room.
func (o *options) visit(r room) error {
	all, err := o.choose(r)
	if err != nil || o.list {
		for _, m := range all {
			fmt.Println(m)
		}
		return err
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := &trial{dir: dir, memoryMiB: o.memoryMiB}
	if err := t.unchanged(r); err != nil {
		return err
	}
	return o.tryAll(t, r, all)
}

// choose lists a room's mutants in the order in which they are tried.
func (o *options) choose(r room) ([]mutant, error) {
	files, err := r.sources()
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		found, err := find(file, src)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for i := range all {
		all[i].Room = r.name
	}
	rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return slices.DeleteFunc(all, func(m mutant) bool { return !strings.Contains(m.String(), o.only) }), nil
}

// tryAll tries mutants until there are enough that build.
func (o *options) tryAll(t *trial, r room, all []mutant) error {
	for tried := 0; len(all) > 0 && tried < o.perRoom; all = all[1:] {
		if o.done[all[0].key()] {
			tried++
			continue
		}
		res, err := t.try(all[0], r.tests)
		if err != nil {
			return err
		}
		if res.Result == unbuilt {
			continue
		}
		tried++
		res.Commit = o.commit
		fmt.Printf("%-9s %s  %s (%.0f s)\n", res.Result, res.mutant, res.By, res.Seconds)
		if err := o.record(res); err != nil {
			return err
		}
	}
	return nil
}

// record adds a result to the file.
func (o *options) record(r result) error {
	if o.out == "" {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.out, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// read gives the results in the file, of which there may be none yet.
func (o *options) read() (results []result, err error) {
	if o.out == "" {
		return nil, nil
	}
	f, err := os.Open(o.out)
	if errors.Is(err, fs.ErrNotExist) && !o.report {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", o.out, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// commit names the state of the code.
func commit() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	return strings.TrimSpace(string(out)), err
}
