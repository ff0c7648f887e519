package load

import (
	"fmt"

	"iocp/cmd/iocp/internal/usage"
)

// spareDescriptors are those that aren't connections: of the Go runtime, the
// ports, the standard streams.
const spareDescriptors = 32

// checkDescriptors refuses more connections than this process may hold.
func checkDescriptors(cfg *Config) error {
	limit := usage.Descriptors()
	need := uint64(cfg.Conns + spareDescriptors + 8*cfg.Workers)
	if limit == 0 || need <= limit {
		return nil
	}
	return fmt.Errorf("--conns %d needs %d descriptors, and the system allows this process %d: give it more (ulimit -Hn, as root), give fewer connections, or run several at a time",
		cfg.Conns, need, limit)
}
