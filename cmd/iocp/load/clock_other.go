//go:build !linux

package load

import (
	"errors"
	"time"
)

func processClock(int) (func() (time.Duration, error), error) {
	return nil, errors.New("--server-pid works on Linux only: leave it out")
}
