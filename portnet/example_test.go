package portnet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"iocp"
	"iocp/portnet"
)

// shout answers the lines that it is sent in capitals. It knows nothing of portnet.
func shout(c net.Conn) {
	defer c.Close()
	if text, err := io.ReadAll(c); err == nil {
		c.Write(bytes.ToUpper(text))
	}
}

// shouted has a text shouted on a network.
func shouted(n *portnet.Network, text string) (string, error) {
	ln, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go shout(c)
			}
		}
	}()
	d := portnet.Dialer{Network: n, Timeout: time.Minute}
	c, err := d.Dial("tcp", ln.Addr().String())
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		return "", err
	}
	if err := c.(*portnet.Conn).CloseWrite(); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	if err == nil && !bytes.HasSuffix(answer, []byte("\n")) {
		err = io.ErrUnexpectedEOF // the server met a fault, perhaps half-way, and hung up
	}
	return string(answer), err
}

// A program that knows only net.Conn, on networks that a seed makes: segments of a
// byte, tiny windows, resets, refusals. Each fault that a seed meets is met by the
// same seed again, as far as the scheduler of goroutines lets it.
func Example_simulator() {
	for seed := range 5 {
		n, err := portnet.New(iocp.Config{Backend: fmt.Sprintf("sim:%d:rough", seed)})
		if err != nil {
			log.Fatal(err)
		}
		answer, err := shouted(n, "hello\n")
		for err != nil { // what is tested: that trying again is enough
			answer, err = shouted(n, "hello\n")
		}
		fmt.Printf("%d %q\n", seed, answer)
		n.Close()
	}
	// Output:
	// 0 "HELLO\n"
	// 1 "HELLO\n"
	// 2 "HELLO\n"
	// 3 "HELLO\n"
	// 4 "HELLO\n"
}

// An unchanged net/http server and client.
func Example_http() {
	n, err := portnet.New(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	ln, err := n.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello")
	})}
	go srv.Serve(ln)
	defer srv.Close()

	d := portnet.Dialer{Network: n}
	transport := &http.Transport{DialContext: d.DialContext}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	resp, err := client.Get("http://" + ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(string(body), err)
	// Output: hello <nil>
}
