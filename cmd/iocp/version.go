package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"iocp"
)

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("iocp", version(debug.ReadBuildInfo()))
	fmt.Println(runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	port, err := iocp.New(iocp.Config{})
	taken := ""
	if err == nil {
		taken = port.Backend()
		defer port.Close()
	}
	for _, name := range iocp.Backends() {
		fmt.Printf("backend %s: %s\n", name, state(name, name == taken))
	}
	if err == nil && port.Stats().Note != "" {
		fmt.Println("note:", port.Stats().Note)
	}
	return err
}

// state says what there is to know of a backend.
func state(name string, taken bool) string {
	err := iocp.Probe(name)
	switch {
	case err != nil:
		return fmt.Sprint("passed over: ", cmp.Or(errors.Unwrap(err), err))
	case taken:
		return "works, and is used unless another is named"
	}
	return "works"
}

// version is the module's version, or else the commit it was built from.
func version(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	if text == "" {
		text = "(devel)"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = " commit " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ", with changes"
		}
	}
	return text + commit + dirty
}
