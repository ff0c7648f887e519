// Stableclient is the chapter's echo client: it sends a line, and waits until
// all of it is back.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"iocp"
)

func main() {
	if len(os.Args) != 3 {
		exit(fmt.Errorf("usage: %s <IP> <port>", os.Args[0]))
	}
	addr, err := netip.ParseAddrPort(os.Args[1] + ":" + os.Args[2])
	exit(err)
	port, err := iocp.New(iocp.Config{})
	exit(err)
	sock, err := port.NewSocket(iocp.IPv4)
	exit(err)
	exit(port.Associate(sock, nil))
	worker, done := port.Worker(), make([]iocp.Completion, 1)
	var send, recv iocp.Op
	exit(sock.Connect(&recv, addr))
	_, err = worker.Wait(done, iocp.Infinite)
	exit(err)
	exit(done[0].Err)
	fmt.Println("Connected.................")
	for in := bufio.NewReader(os.Stdin); ; {
		fmt.Print("Input message(Q to quit) : ")
		message, err := in.ReadString('\n')
		if message = strings.TrimRight(message, "\r\n"); err == io.EOF && message == "" || message == "q" || message == "Q" {
			break
		}
		answer := make([]byte, len(message))
		if len(message) > 0 { // an empty line has no echo to wait for
			exit(sock.Send(&send, []byte(message)))
			exit(sock.Recv(&recv, answer))
		}
		for got := 0; got < len(message) || send.Pending(); {
			_, err := worker.Wait(done, iocp.Infinite)
			exit(err)
			exit(done[0].Err)
			if done[0].Op == &send {
				continue
			}
			if got += done[0].N; done[0].N == 0 {
				exit(io.ErrUnexpectedEOF)
			}
			if got < len(message) {
				exit(sock.Recv(&recv, answer[got:]))
			}
		}
		fmt.Printf("Message from server : %s\n", answer)
	}
	exit(port.Close())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
