// Package experiments has the measurements that docs/chapter/claims.md speaks
// of, as benchmarks:
//
//	go test -bench . ./docs/chapter/experiments
//
// IOCP_BACKEND names the backend, as everywhere.
package experiments
