package portnet_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"iocp/portnet"
)

// serveHTTP runs net/http's server on the network, and gives a client on it. Both end
// with the test.
func serveHTTP(t *testing.T, n *portnet.Network, h http.Handler) (*http.Server, *http.Client, string) {
	t.Helper()
	ln := listen(t, n, "tcp")
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	served := failed(func() error { return srv.Serve(ln) })
	d := portnet.Dialer{Network: n, Timeout: bound}
	transport := &http.Transport{DialContext: d.DialContext, ExpectContinueTimeout: bound}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), bound)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		if err := next(t, served); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve = %v", err)
		}
	})
	return srv, &http.Client{Transport: transport, Timeout: bound}, "http://" + ln.Addr().String()
}

func get(c *http.Client, url string) (string, error) {
	resp, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// echoBody reads to the end first: HTTP/1 isn't read any more once the answer begins.
func echoBody(w http.ResponseWriter, r *http.Request) {
	if body, err := io.ReadAll(r.Body); err == nil {
		w.Write(body)
	}
}

// Keep-alive: after each request net/http wakes its own read by a deadline in the
// past, and goes on with the connection.
func TestHTTP(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		peers := map[string]bool{}
		_, client, url := serveHTTP(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peers[r.RemoteAddr] = true
			echoBody(w, r)
		}))
		for i := range 20 {
			body := strings.Repeat(fmt.Sprint(i), i*1000)
			req, _ := http.NewRequest("POST", url, strings.NewReader(body))
			if i%2 == 1 {
				req.Header.Set("Expect", "100-continue")
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || string(got) != body {
				t.Fatalf("request %d: %d bytes, %v; want %d", i, len(got), err, len(body))
			}
		}
		if len(peers) != 1 {
			t.Errorf("%d connections for requests one after the other", len(peers))
		}
	})
}

// A handler that takes the connection over finds it usable: the read that net/http had
// under way was woken, and nothing is lost.
func TestHTTPHijack(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		_, _, url := serveHTTP(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			line, err := rw.ReadString('\n')
			if err != nil {
				t.Error(err)
			}
			io.WriteString(c, "heard "+line)
		}))
		d := portnet.Dialer{Network: n, Timeout: bound}
		c, err := d.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(bound))
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		r := bufio.NewReader(c)
		resp, err := http.ReadResponse(r, nil)
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(resp, err)
		}
		io.WriteString(c, "hello\n")
		got, err := io.ReadAll(r)
		if string(got) != "heard hello\n" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Shutdown waits for a request under way, and no longer for connections at rest.
func TestHTTPShutdown(t *testing.T) {
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		entered, leave := make(chan bool), make(chan bool)
		srv, client, url := serveHTTP(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				entered <- true
				<-leave
			}
			io.WriteString(w, "done")
		}))
		if _, err := get(client, url); err != nil { // leaves a connection at rest
			t.Fatal(err)
		}
		slow := failed(func() error {
			body, err := get(client, url+"/slow")
			if err == nil && body != "done" {
				err = fmt.Errorf("got %q", body)
			}
			return err
		})
		next(t, entered)
		down := failed(func() error { return srv.Shutdown(t.Context()) })
		for {
			if _, err := get(client, url); err != nil {
				break // nobody is let in any more
			}
		}
		select {
		case err := <-down:
			t.Fatalf("Shutdown = %v before the request is over", err)
		default:
		}
		close(leave)
		if err := errors.Join(next(t, slow), next(t, down)); err != nil {
			t.Fatal(err)
		}
	})
}

// net/http serves a file through ReadFrom, and a range of it.
func TestHTTPFile(t *testing.T) {
	content := strings.Repeat("0123456789", 50_000)
	overBackends(t, func(t *testing.T, n *portnet.Network) {
		name := fileOf(t, []byte(content), 0).Name()
		_, client, url := serveHTTP(t, n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, name)
		}))
		if got, err := get(client, url); err != nil || got != content {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		req, _ := http.NewRequest("GET", url, nil)
		req.Header.Set("Range", "bytes=1003-400000")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); err != nil || string(got) != content[1003:400001] {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	})
}

var _ interface {
	net.Conn
	io.ReaderFrom
} = (*portnet.Conn)(nil)
