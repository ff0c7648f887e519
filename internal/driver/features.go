package driver

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Feature names something of a kernel that a backend uses where it can be
// had and does without where it can't. Whoever uses one probes it by doing,
// and acts on Disabled as on a kernel that refuses it.
type Feature string

// The optional features. Everything else that a backend asks of its kernel it
// needs.
const (
	// FeatureIOUring is io_uring. Without it backend uring can't be had.
	FeatureIOUring Feature = "iouring"

	// FeatureSubmitAll is IORING_SETUP_SUBMIT_ALL (Linux 5.18). Without it a
	// bad entry ends a submission, and the rest is submitted again.
	FeatureSubmitAll Feature = "submit_all"

	// FeatureAppend is pwritev2's RWF_APPEND (Linux 4.16). Without it an append
	// writes at the size that the file has, and appends from elsewhere may
	// come in between.
	FeatureAppend Feature = "rwf_append"

	// FeaturePwait2 is epoll_pwait2 (Linux 5.11). Without it timeouts and
	// timers are rounded up to whole milliseconds.
	FeaturePwait2 Feature = "epoll_pwait2"

	// FeatureRestraint isn't the kernel's but the port's: that workers which
	// the load doesn't need don't poll. Without it all do, from the beginning.
	FeatureRestraint Feature = "restraint"
)

var features = []Feature{FeatureIOUring, FeatureSubmitAll, FeatureAppend, FeaturePwait2, FeatureRestraint}

// disableVar, in the environment, lists features to be taken for refused, or
// is "all". It is for tests, and for whoever suspects a kernel.
const disableVar = "IOCP_DISABLE"

// Disabled says that the feature is switched off, or is nil.
func (f Feature) Disabled() error {
	for _, name := range disabled() {
		if name == "all" || name == string(f) {
			return fmt.Errorf("switched off by %s=%s", disableVar, os.Getenv(disableVar))
		}
	}
	return nil
}

// CheckDisabled finds names in the environment that are no feature's: a
// misspelt switch must not pass for one that was thrown.
func CheckDisabled() error {
	known := []string{"all"}
	for _, f := range features {
		known = append(known, string(f))
	}
	for _, name := range disabled() {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s names %q: choose from %s", disableVar, name, strings.Join(known, ", "))
		}
	}
	return nil
}

func disabled() []string {
	return strings.FieldsFunc(os.Getenv(disableVar), func(r rune) bool { return r == ',' || r == ' ' })
}
