// The one place that includes hiredis's headers. Its variadic functions (redisCommand and its like) are not needed:
// commands are put into bytes by the Swift side. What else stands here has no header in Swift's Glibc module.
#pragma once
#include <hiredis/hiredis.h>

// A new eventfd, non-blocking and close-on-exec; -1 and errno on failure.
int chiredis_eventfd_create(void);

// What hiredis 0.14 does not do to a socket that it connects without blocking: TCP_NODELAY and close-on-exec. 0, or -1
// and errno.
int chiredis_prepare_socket(int descriptor);

// The error of a connection attempt that has come to its end (SO_ERROR); 0 when it stands.
int chiredis_connect_error(int descriptor);

// Names the calling thread, 15 characters at most, for `top -H` and debuggers.
void chiredis_name_thread(const char *name);
