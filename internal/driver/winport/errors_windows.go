package winport

import (
	"errors"

	"iocp/internal/driver"
)

// sysError gives a system call's error its class; nil stays nil.
func sysError(call string, err error) error { return driver.Failed(call, err) }

// networkAnswer reports whether a connect failed by the network's answer: that
// is reported by a packet, also when the starting call knows it already (C71).
// The socket may then be connected again (ConnectEx's page says so of these).
func networkAnswer(err error) bool {
	return errors.Is(err, driver.ErrRefused) || errors.Is(err, driver.ErrTimedOut) ||
		errors.Is(err, driver.ErrUnreachable)
}

// lostInBacklog reports whether an accept failed because its connection was
// reset before it was accepted, which is no failure of the listener (C93). Wine
// 8 calls that connection invalid.
func lostInBacklog(err error) bool {
	return errors.Is(err, driver.ErrReset) || errors.Is(err, driver.ErrTimedOut) ||
		errors.Is(err, driver.ErrNotConnected)
}
