#include "CHiredis.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>

int chiredis_eventfd_create(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int chiredis_prepare_socket(int descriptor) {
    int yes = 1;
    if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) != 0) {
        return -1;
    }
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == -1 ? -1 : 0;
}

int chiredis_connect_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof(error);
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

void chiredis_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
