package driver

import (
	"strings"
	"testing"
)

func TestDisabledFeatures(t *testing.T) {
	for _, e := range []struct {
		env                string
		iouring, submitAll bool
		wrong              string
	}{
		{"", false, false, ""},
		{"all", true, true, ""},
		{"submit_all", false, true, ""},
		{"iouring, submit_all", true, true, ""},
		{"submit_al", false, false, "submit_al"},
	} {
		t.Setenv(disableVar, e.env)
		if off := FeatureIOUring.Disabled() != nil; off != e.iouring {
			t.Errorf("%q: iouring off is %v", e.env, off)
		}
		if off := FeatureSubmitAll.Disabled() != nil; off != e.submitAll {
			t.Errorf("%q: submit_all off is %v", e.env, off)
		}
		err := CheckDisabled()
		if e.wrong == "" && err != nil || e.wrong != "" && (err == nil || !strings.Contains(err.Error(), e.wrong)) {
			t.Errorf("%q: checked with %v", e.env, err)
		}
	}
}
