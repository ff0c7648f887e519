package join

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"iocp"
)

// signals ends a session when somebody ends the process. The terminal is put
// in order even if it takes nothing more at the moment; a second signal ends
// the process at once.
type signals struct {
	op   iocp.Op
	ctx  context.Context
	stop func()
}

// watchSignals posts to the port once there is a signal. One that whoever
// started us had us ignore, such as nohup(1), stays ignored.
func watchSignals(port *iocp.Port, tty *terminal) *signals {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	s := &signals{}
	s.op.Owner = s
	ctx, again := signal.NotifyContext(context.Background(), ends...)
	forget := context.AfterFunc(ctx, func() {
		again()
		tty.restore()
		port.Post(&s.op, 0, nil) // fails if the session is over anyway
	})
	s.ctx, s.stop = ctx, func() {
		forget()
		again()
	}
	return s
}

func (s *signals) err() error {
	return fmt.Errorf("ended before the conversation was: %w", context.Cause(s.ctx))
}
