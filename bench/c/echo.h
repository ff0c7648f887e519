/* What the C servers have in common: the command line, the listening socket,
 * the line that tells its address, and the end with standard input. The
 * contract is that of package iocp/bench/internal/peer. */
#ifndef ECHO_H
#define ECHO_H

#include "start.h"

struct options {
	struct sockaddr_in addr;
	int loops;
	size_t buffer;
};

static inline struct options parse_options(int argc, char **argv)
{
	struct options o;
	int i;

	parse_addr("127.0.0.1:0", &o.addr);
	o.loops = 1;
	o.buffer = 4096;
	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "-addr"))
			parse_addr(argv[i + 1], &o.addr);
		else if (!strcmp(argv[i], "-loops"))
			o.loops = atoi(argv[i + 1]) > 0 ? atoi(argv[i + 1]) : 1;
		else if (!strcmp(argv[i], "-buffer"))
			o.buffer = (size_t)atol(argv[i + 1]);
	}
	return o;
}

static inline void *until_input_ends(void *unused)
{
	char byte;

	(void)unused;
	while (read(0, &byte, 1) > 0)
		;
	_exit(0);
}

/* begin_process raises the descriptor limit and ends the process when nobody
 * holds the other end of its standard input. */
static inline void begin_process(void)
{
	pthread_t watcher;

	raise_file_limit();
	if (pthread_create(&watcher, NULL, until_input_ends, NULL) != 0)
		die("pthread_create");
}

static inline void announce(int listener)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof addr;

	if (getsockname(listener, (struct sockaddr *)&addr, &len) < 0)
		die("getsockname");
	printf("%s:%d\n", inet_ntoa(addr.sin_addr), ntohs(addr.sin_port));
	fflush(stdout);
}

static inline int listen_at(const struct options *o, int flags)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (const struct sockaddr *)&o->addr, sizeof o->addr) < 0)
		die("bind");
	if (listen(fd, SOMAXCONN) < 0)
		die("listen");
	return fd;
}

static inline void no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* accept_for waits for a connection as long as it takes. Failures that pass,
 * such as a connection that is gone already, are skipped. */
static inline int accept_for(int listener, int flags)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | flags);
		if (fd >= 0) {
			no_delay(fd);
			return fd;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			die("accept");
	}
}

#endif
