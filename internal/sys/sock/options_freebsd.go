package sock

import "golang.org/x/sys/unix"

// KeepIdle is the option of TCP that says when the first keepalive probe is sent, in
// seconds.
const KeepIdle = unix.TCP_KEEPIDLE
