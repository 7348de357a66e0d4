/* One TCP connection for the C peers, as client or as a server that accepts one after another. */
#ifndef LAB_TCP_H
#define LAB_TCP_H

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static inline int tcp_open(const char *host, const char *port, int listening)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET };
	struct addrinfo *found = NULL;
	const int yes = 1;

	hints.ai_flags = listening ? AI_PASSIVE : 0;
	if (getaddrinfo(listening ? NULL : host, port, &hints, &found) != 0)
		exit(2);
	int fd = socket(found->ai_family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (listening ? bind(fd, found->ai_addr, found->ai_addrlen) || listen(fd, 8)
			: connect(fd, found->ai_addr, found->ai_addrlen))
		exit(3);
	freeaddrinfo(found);
	struct timeval patience = { .tv_sec = 20 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

#endif
