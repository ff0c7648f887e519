package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"iocp/bench/internal/peer"
)

// chatArgs lifts the bound on what one client may say: here one says it all.
func chatArgs(_, _ string, o peer.Options) ([]string, error) {
	args := []string{"chat", "--listen", o.Addr, "--rate=-1"}
	if o.Backend != "" {
		args = append(args, "--backend", o.Backend)
	}
	if o.Loops > 0 {
		args = append(args, "--concurrency", strconv.Itoa(o.Loops))
	}
	return args, nil
}

// ngircdConfig has everything switched off that holds back a client that says
// much, and what asks other servers.
const ngircdConfig = `[Global]
Name = bench.local
Info = bench
Listen = %s
Ports = %s
MotdPhrase = "bench"
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
`

func ngircdArgs(dir, _ string, o peer.Options) ([]string, error) {
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ngircd.conf")
	return []string{"-n", "-f", path}, os.WriteFile(path, fmt.Appendf(nil, ngircdConfig, host, port), 0o644)
}

// ergoConfig is likewise, without accounts and history, with a queue for each
// member as long as that of nats-server. Who only listens isn't asked whether
// it is still there: that would come between what it is to hear.
const ergoConfig = `network:
    name: bench
server:
    name: bench.local
    listeners:
        "%s": {}
    max-sendq: 64M
    casemapping: ascii
    enforce-utf8: true
    lookup-hostnames: false
    check-ident: false
    ip-limits:
        count: false
        throttle: false
    ip-cloaking:
        enabled: false
    idle-timeouts:
        ping: 1h
        disconnect: 2h
datastore:
    path: %s
limits:
    nicklen: 32
    identlen: 20
    realnamelen: 150
    channellen: 64
    awaylen: 390
    kicklen: 390
    topiclen: 390
    monitor-entries: 100
    whowas-entries: 100
    chan-list-modes: 100
    registration-messages: 1024
    multiline:
        max-bytes: 4096
        max-lines: 100
fakelag:
    enabled: false
history:
    enabled: false
languages:
    enabled: false
`

func ergoArgs(dir, path string, o peer.Options) ([]string, error) {
	config := filepath.Join(dir, "ircd.yaml")
	text := fmt.Appendf(nil, ergoConfig, o.Addr, filepath.Join(dir, "ircd.db"))
	if err := os.WriteFile(config, text, 0o644); err != nil {
		return nil, err
	}
	if out, err := exec.Command(path, "initdb", "--conf", config).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ergo initdb: %w: %s", err, out)
	}
	return []string{"run", "--conf", config}, nil
}
