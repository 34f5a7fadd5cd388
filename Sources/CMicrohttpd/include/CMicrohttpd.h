// The one place that includes libmicrohttpd's header. What is variadic there (MHD_start_daemon, MHD_get_connection_info),
// which Swift cannot call, has a typed face here.
#pragma once
#include <microhttpd.h>
#include <sys/socket.h>
#include <sys/types.h>

/// What a daemon is started with. The strings are copied; `context` is the first argument of every callback and must live
/// until `cmhd_stop` has returned.
struct cmhd_settings {
    /// Threads that poll connections; each has its share of the connections.
    unsigned int threads;
    /// Connections above it are closed at once.
    unsigned int connection_limit;
    /// Seconds without a byte after which a connection is closed; 0: never.
    unsigned int timeout_seconds;
    /// Bytes a connection may use for the request's head and the buffers of body and answer.
    size_t memory_limit;
    /// NULL: plain HTTP.
    const char *certificate_pem;
    const char *private_key_pem;
    void *context;
    /// The first sign of a request: its target as it came. What it returns is the request's own pointer in the callbacks
    /// below.
    void *(*begin)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback handle;
    MHD_RequestCompletedCallback complete;
    MHD_NotifyConnectionCallback connection;
    void (*log)(void *context, const char *line);
};

struct cmhd_server;

/// Starts a daemon without a listening socket: connections come by `cmhd_add`. NULL when it failed; the reason went to
/// `log`.
struct cmhd_server *cmhd_start(const struct cmhd_settings *settings);
/// Hands an accepted socket over; it is closed by the daemon, on failure too.
enum MHD_Result cmhd_add(
    struct cmhd_server *server, int socket, const struct sockaddr *address, socklen_t address_length);
/// Joins the daemon's threads and closes its connections. No connection may be suspended.
void cmhd_stop(struct cmhd_server *server);

/// `accept4` with non-blocking, close-on-exec sockets: -1 and `errno` when it failed.
int cmhd_accept(int listening, struct sockaddr *address, socklen_t *address_length);

/// What the `connection` callback stored for the connection, or NULL.
void *cmhd_socket_context(struct MHD_Connection *connection);
/// The peer's address, or NULL.
const struct sockaddr *cmhd_client_address(struct MHD_Connection *connection);
/// The status of the answer that is queued or being sent, or 0.
unsigned int cmhd_status(struct MHD_Connection *connection);
/// The connection's socket, or -1.
int cmhd_socket(struct MHD_Connection *connection);

/// What a content reader returns at the end, and to cut the connection.
static const ssize_t cmhd_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t cmhd_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

/// Enumerators whose names Swift shortens in ways that are hard to read.
static const enum MHD_Result cmhd_yes = MHD_YES;
static const enum MHD_Result cmhd_no = MHD_NO;
static const enum MHD_ResponseMemoryMode cmhd_copy_memory = MHD_RESPMEM_MUST_COPY;
static const enum MHD_ValueKind cmhd_header_kind = MHD_HEADER_KIND;
static const enum MHD_ConnectionNotificationCode cmhd_connection_started = MHD_CONNECTION_NOTIFY_STARTED;
