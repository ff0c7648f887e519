/* The echo server on libuv, which has one loop. It sends at once what the
 * socket has room for, and reads on once the rest has been sent too. */
#include "echo.h"
#include <uv.h>

enum { CHUNK = 64 << 10 };

static char chunk[CHUNK]; /* what is read is sent or copied before the next read */

static void freed(uv_handle_t *h) { free(h); }

static void lend(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	(void)h;
	(void)suggested;
	*buf = uv_buf_init(chunk, CHUNK);
}

static void on_data(uv_stream_t *s, ssize_t n, const uv_buf_t *buf);

struct rest {
	uv_write_t req;
	char data[];
};

static void on_rest_sent(uv_write_t *req, int status)
{
	uv_stream_t *s = req->handle;

	free(req->data);
	if (status < 0)
		uv_close((uv_handle_t *)s, freed);
	else
		uv_read_start(s, lend, on_data);
}

static void send_rest(uv_stream_t *s, const char *data, size_t n)
{
	struct rest *r = malloc(sizeof *r + n);
	uv_buf_t buf;

	if (!r)
		die("malloc");
	memcpy(r->data, data, n);
	r->req.data = r;
	buf = uv_buf_init(r->data, (unsigned)n);
	uv_read_stop(s);
	if (uv_write(&r->req, s, &buf, 1, on_rest_sent) < 0) {
		free(r);
		uv_close((uv_handle_t *)s, freed);
	}
}

static void on_data(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	uv_buf_t all;
	int sent;

	if (n < 0) {
		uv_close((uv_handle_t *)s, freed);
		return;
	}
	if (n == 0)
		return;
	all = uv_buf_init(buf->base, (unsigned)n);
	sent = uv_try_write(s, &all, 1);
	if (sent == UV_EAGAIN)
		sent = 0;
	if (sent < 0)
		uv_close((uv_handle_t *)s, freed);
	else if (sent < n)
		send_rest(s, buf->base + sent, (size_t)(n - sent));
}

static void on_connection(uv_stream_t *listener, int status)
{
	uv_tcp_t *c = status < 0 ? NULL : malloc(sizeof *c);

	if (!c)
		return;
	uv_tcp_init(listener->loop, c);
	if (uv_accept(listener, (uv_stream_t *)c) < 0) {
		uv_close((uv_handle_t *)c, freed);
		return;
	}
	uv_tcp_nodelay(c, 1);
	uv_read_start((uv_stream_t *)c, lend, on_data);
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	uv_tcp_t listener;
	uv_os_fd_t fd;

	if (o.loops > 1) {
		fprintf(stderr, "libuv has one loop\n");
		return 1;
	}
	begin_process();
	uv_tcp_init(uv_default_loop(), &listener);
	if (uv_tcp_bind(&listener, (const struct sockaddr *)&o.addr, 0) < 0 ||
	    uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_connection) < 0 ||
	    uv_fileno((uv_handle_t *)&listener, &fd) < 0) {
		fprintf(stderr, "libuv can't listen\n");
		return 1;
	}
	announce(fd);
	return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
