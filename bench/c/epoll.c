/* The echo server on plain epoll, level-triggered. The main thread accepts and
 * deals the connections out to the loops in turn. A connection is read from
 * again once all that came has been sent back. */
#include "echo.h"
#include <sys/epoll.h>

enum { BATCH = 512, CHUNK = 64 << 10 };

struct conn {
	int fd;
	char *rest; /* what the socket had no room for */
	size_t from, to;
};

struct loop {
	int epoll;
	char buf[CHUNK];
};

static void forget(struct conn *c)
{
	close(c->fd);
	free(c->rest);
	free(c);
}

static void watch(struct loop *l, struct conn *c, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	epoll_ctl(l->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

/* keep puts what could not be sent aside until there is room. */
static int keep(struct loop *l, struct conn *c, const char *data, size_t n)
{
	c->rest = malloc(n);
	if (!c->rest)
		return -1;
	memcpy(c->rest, data, n);
	c->from = 0;
	c->to = n;
	watch(l, c, EPOLLOUT);
	return 0;
}

static int on_readable(struct loop *l, struct conn *c)
{
	ssize_t sent, n = read(c->fd, l->buf, sizeof l->buf);

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	sent = write(c->fd, l->buf, (size_t)n);
	if (sent == n)
		return 0;
	if (sent < 0) {
		if (errno != EAGAIN)
			return -1;
		sent = 0;
	}
	return keep(l, c, l->buf + sent, (size_t)(n - sent));
}

static int on_writable(struct loop *l, struct conn *c)
{
	ssize_t sent = write(c->fd, c->rest + c->from, c->to - c->from);

	if (sent < 0)
		return errno == EAGAIN ? 0 : -1;
	c->from += (size_t)sent;
	if (c->from < c->to)
		return 0;
	free(c->rest);
	c->rest = NULL;
	watch(l, c, EPOLLIN);
	return 0;
}

static void *run(void *arg)
{
	struct loop *l = arg;
	struct epoll_event events[BATCH];

	for (;;) {
		int i, n = epoll_wait(l->epoll, events, BATCH, -1);
		for (i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;
			if ((c->rest ? on_writable(l, c) : on_readable(l, c)) < 0)
				forget(c);
		}
	}
	return NULL;
}

static struct loop *start_loop(void)
{
	struct loop *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (!l || (l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		die("epoll_create1");
	if (pthread_create(&thread, NULL, run, l) != 0)
		die("pthread_create");
	return l;
}

static void adopt(struct loop *l, int fd)
{
	struct conn *c = calloc(1, sizeof *c);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

	if (!c)
		die("calloc");
	c->fd = fd;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

int main(int argc, char **argv)
{
	struct options o = parse_options(argc, argv);
	struct loop **loops = calloc((size_t)o.loops, sizeof *loops);
	int i, listener;

	begin_process();
	for (i = 0; i < o.loops; i++)
		loops[i] = start_loop();
	listener = listen_at(&o, 0);
	announce(listener);
	for (i = 0;; i++)
		adopt(loops[i % o.loops], accept_for(listener, SOCK_NONBLOCK));
}
