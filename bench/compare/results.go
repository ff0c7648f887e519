package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"iocp/bench/internal/process"
)

// results is what is written.
type results struct {
	Conditions conditions   `json:"conditions"`
	Merged     []conditions `json:"merged,omitempty"` // of more measurements that are in it
	Servers    []serverInfo `json:"servers"`
	Outcomes   []*outcome   `json:"outcomes"`
}

// conditions are those under which everything was measured.
type conditions struct {
	Date       string  `json:"date"`
	Command    string  `json:"command"`
	Machine    string  `json:"machine"`
	CPUs       string  `json:"cpus"`
	ServerCPUs string  `json:"server_cpus"` // "": not pinned
	ClientCPUs string  `json:"client_cpus"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	Commit     string  `json:"commit"`
	Client     string  `json:"client"`
	Threads    int     `json:"client_threads"`
	Load       string  `json:"load"`
	Unit       string  `json:"unit"` // what is counted as a message
	Base       string  `json:"base"`
	Rounds     int     `json:"rounds"`
	Seconds    float64 `json:"seconds"`
	Warmup     float64 `json:"warmup"`
}

// others is how many CPUs were busy with something else, as a median of all
// runs.
func (r *results) others() float64 {
	var all []float64
	for _, o := range r.Outcomes {
		for i := range o.Runs {
			all = append(all, o.Runs[i].Others)
		}
	}
	return median(all)
}

type serverInfo struct {
	Name    string `json:"name"`
	About   string `json:"about,omitempty"`
	Version string `json:"version,omitempty"`
	Note    string `json:"note,omitempty"`
	LeftOut string `json:"left_out,omitempty"`
}

func (s *session) conditions() conditions {
	all, _ := process.CPUs()
	var client []int // where somebody is apart
	if slices.ContainsFunc(s.opts.scenarios, func(sc scenario) bool { return sc.Placement == apart }) {
		client = s.opts.cpus.client
	}
	return conditions{
		Date:       time.Now().UTC().Format(time.RFC3339),
		Command:    "go run -C bench ./compare " + strings.Join(os.Args[1:], " "),
		Machine:    field("/proc/cpuinfo", "model name"),
		CPUs:       process.FormatCPUs(all),
		ServerCPUs: process.FormatCPUs(s.opts.cpus.server),
		ClientCPUs: process.FormatCPUs(client),
		Kernel:     kernel(),
		Go:         runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		Commit:     commit(s.builder.root),
		Client:     s.client.name,
		Threads:    s.opts.threads(),
		Load:       s.opts.kind.name,
		Unit:       s.opts.kind.unit,
		Base:       s.opts.base.name,
		Rounds:     s.opts.rounds,
		Seconds:    s.opts.seconds,
		Warmup:     s.opts.warmup,
	}
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(release))
}

// field finds "name : value" in a file of /proc.
func field(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// write makes compare.json and compare.md in a directory.
func (r *results) write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "\t")
	if err := enc.Encode(r); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "compare.json"), text.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "compare.md"), []byte(r.markdown()), 0o666)
}
