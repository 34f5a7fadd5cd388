// The one place that includes libcurl's headers. curl_easy_setopt and curl_easy_getinfo are variadic, which Swift
// cannot call: typed wrappers stand here. So do wrappers of epoll, whose headers are not part of Swift's Glibc module.
#pragma once
#include <curl/curl.h>
#include <stdint.h>

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, int64_t value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}

// libcurl copies the string, whichever option it is for; NULL is allowed.
static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl keeps the pointer: error buffers, lists, what callbacks get.
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl keeps the pointer: `data` must live as long as the transfer.
static inline CURLcode ccurl_set_blob(CURL *easy, CURLoption option, void *data, size_t count) {
    struct curl_blob blob = {.data = data, .len = count, .flags = CURL_BLOB_NOCOPY};
    return curl_easy_setopt(easy, option, &blob);
}

// CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION or CURLOPT_READFUNCTION: they have one shape.
typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_data_callback(CURL *easy, CURLoption option, ccurl_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode ccurl_set_before_request(CURL *easy, curl_prereq_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode ccurl_multi_set_socket_callback(CURLM *multi, curl_socket_callback callback, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
    return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context) : code;
}

static inline CURLMcode ccurl_multi_set_timer_callback(CURLM *multi, curl_multi_timer_callback callback, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
    return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context) : code;
}

// The result of the finished transfer a message speaks of.
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }

// What a file descriptor is waited for, and what it was found ready for.
enum { CCURL_READABLE = 1, CCURL_WRITABLE = 2 };

struct ccurl_event {
    int descriptor;
    int readiness; // CCURL_READABLE | CCURL_WRITABLE; 0 for an error or a hang-up alone
};

// A new epoll instance, close-on-exec; -1 and errno on failure.
int ccurl_epoll_create(void);

// A new eventfd, non-blocking and close-on-exec; -1 and errno on failure.
int ccurl_eventfd_create(void);

// Waits for `interest` (CCURL_READABLE | CCURL_WRITABLE; 0 takes the descriptor out), whether or not the descriptor was
// known before; 0, or -1 and errno.
int ccurl_epoll_set(int epoll, int descriptor, int interest);

// Up to `capacity` (at most 256) events within `milliseconds` (-1: no limit). 0 also when a signal interrupted it.
int ccurl_epoll_wait(int epoll, struct ccurl_event *events, int capacity, int milliseconds);

// Names the calling thread, 15 characters at most, for `top -H` and debuggers.
void ccurl_name_thread(const char *name);
