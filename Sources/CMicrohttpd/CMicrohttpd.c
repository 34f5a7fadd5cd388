#define _GNU_SOURCE
#include "CMicrohttpd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cmhd_server {
    struct MHD_Daemon *daemon;
    void *context;
    void (*log)(void *context, const char *line);
    char *certificate_pem;
    char *private_key_pem;
};

static void write_log(void *opaque, const char *format, va_list arguments) {
    struct cmhd_server *server = opaque;
    char line[512];
    vsnprintf(line, sizeof line, format, arguments);
    server->log(server->context, line);
}

static void release(struct cmhd_server *server) {
    if (server->private_key_pem) {
        explicit_bzero(server->private_key_pem, strlen(server->private_key_pem));
    }
    free(server->private_key_pem);
    free(server->certificate_pem);
    free(server);
}

struct cmhd_server *cmhd_start(const struct cmhd_settings *settings) {
    struct cmhd_server *server = calloc(1, sizeof *server);
    if (!server) return NULL;
    server->context = settings->context;
    server->log = settings->log;

    struct MHD_OptionItem options[12];
    int count = 0;
    // The logger stands first: the options behind it can fail with a message.
    options[count++] = (struct MHD_OptionItem) {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t) write_log, server};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t) settings->begin, settings->context};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t) settings->complete, settings->context};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t) settings->connection, settings->context};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_CONNECTION_LIMIT, (intptr_t) settings->connection_limit, NULL};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t) settings->timeout_seconds, NULL};
    options[count++] =
        (struct MHD_OptionItem) {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t) settings->memory_limit, NULL};
    if (settings->threads > 1) {
        options[count++] = (struct MHD_OptionItem) {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t) settings->threads, NULL};
    }

    unsigned int flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_NO_LISTEN_SOCKET;
    if (settings->certificate_pem && settings->private_key_pem) {
        server->certificate_pem = strdup(settings->certificate_pem);
        server->private_key_pem = strdup(settings->private_key_pem);
        if (!server->certificate_pem || !server->private_key_pem) {
            release(server);
            return NULL;
        }
        flags |= MHD_USE_TLS;
        options[count++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate_pem};
        options[count++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_KEY, 0, server->private_key_pem};
    }
    options[count] = (struct MHD_OptionItem) {MHD_OPTION_END, 0, NULL};

    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, settings->handle, settings->context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    if (!server->daemon) {
        release(server);
        return NULL;
    }
    return server;
}

enum MHD_Result cmhd_add(
    struct cmhd_server *server, int socket, const struct sockaddr *address, socklen_t address_length) {
    return MHD_add_connection(server->daemon, socket, address, address_length);
}

void cmhd_stop(struct cmhd_server *server) {
    MHD_stop_daemon(server->daemon);
    release(server);
}

int cmhd_accept(int listening, struct sockaddr *address, socklen_t *address_length) {
    return accept4(listening, address, address_length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void *cmhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

const struct sockaddr *cmhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : NULL;
}

unsigned int cmhd_status(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    return info ? info->http_status : 0;
}

int cmhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}
