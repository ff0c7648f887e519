/* What every program here does first. */
#ifndef START_H
#define START_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(1);
}

static inline void die(const char *what) { fail("%s: %s", what, strerror(errno)); }

static inline void parse_addr(const char *text, struct sockaddr_in *addr)
{
	char host[64];
	unsigned port;

	memset(addr, 0, sizeof *addr);
	addr->sin_family = AF_INET;
	if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 65535 ||
	    inet_pton(AF_INET, host, &addr->sin_addr) != 1)
		fail("%s is no IPv4 address with a port", text);
	addr->sin_port = htons((unsigned short)port);
}

static inline void raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

#endif
