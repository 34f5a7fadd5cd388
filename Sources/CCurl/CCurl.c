#include "CCurl.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

int ccurl_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ccurl_eventfd_create(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int ccurl_epoll_set(int epoll, int descriptor, int interest) {
    struct epoll_event event = {.data = {.fd = descriptor}};
    if (interest == 0) {
        return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
    }
    event.events = (interest & CCURL_READABLE ? EPOLLIN : 0) | (interest & CCURL_WRITABLE ? EPOLLOUT : 0);
    // The kernel forgets a descriptor that was closed, and its number comes up again: it alone knows which call fits.
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0) {
        return 0;
    }
    return errno == ENOENT ? epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

int ccurl_epoll_wait(int epoll, struct ccurl_event *events, int capacity, int milliseconds) {
    struct epoll_event ready[256];
    int count = epoll_wait(epoll, ready, capacity < 256 ? capacity : 256, milliseconds);
    if (count < 0) {
        return errno == EINTR ? 0 : -1;
    }
    for (int index = 0; index < count; index++) {
        events[index].descriptor = ready[index].data.fd;
        events[index].readiness = (ready[index].events & EPOLLIN ? CCURL_READABLE : 0) |
                                  (ready[index].events & EPOLLOUT ? CCURL_WRITABLE : 0);
    }
    return count;
}

void ccurl_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
