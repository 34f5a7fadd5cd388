/*
 * test-server PORT NAME: an HTTP server that shows what a kubelet does to a container. Each event is a line on standard
 * output: milliseconds since the epoch, NAME, the event.
 *
 *   GET /ready        200; 503 while draining
 *   GET /drain?MS     answers after MS milliseconds; a path with two slashes is taken too, as kubelet 1.20 sends it
 *   GET /unready      makes /ready answer 503 from now on
 *   GET anything      200 with NAME, the path and $SECRET_VALUE
 *
 * $EXIT_DELAY_MS: time between SIGTERM and the end; -1 ignores SIGTERM.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *name;
static const char *secret;
static atomic_int unready;

static void say(const char *format, ...)
{
    char line[512];
    struct timespec now;
    va_list arguments;
    int length;

    clock_gettime(CLOCK_REALTIME, &now);
    length = snprintf(line, sizeof line, "%lld %s ", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, name);
    va_start(arguments, format);
    length += vsnprintf(line + length, sizeof line - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2)
        length = (int)sizeof line - 2;
    line[length++] = '\n';
    /* One write: lines of two threads do not mix. */
    if (write(STDOUT_FILENO, line, (size_t)length) < 0)
        _exit(1);
}

static void pause_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static void *serve(void *argument)
{
    int connection = (int)(intptr_t)argument;
    char request[2048] = "", path[256] = "/", answer[1024], body[512];
    const char *wanted = path, *status = "200 OK";

    if (read(connection, request, sizeof request - 1) > 0) {
        sscanf(request, "%*7s %255s", path);
        while (wanted[0] == '/' && wanted[1] == '/')
            wanted++;
        if (strncmp(wanted, "/drain", 6) == 0) {
            const char *query = strchr(wanted, '?');
            unready = 1;
            say("drain begins %s", path);
            pause_ms(query ? atol(query + 1) : 0);
            say("drain ends");
        } else if (strcmp(wanted, "/unready") == 0) {
            unready = 1;
            say("unready");
        } else if (strcmp(wanted, "/ready") == 0 && unready) {
            status = "503 Service Unavailable";
        }
        snprintf(body, sizeof body, "%s path=%s secret=%s\n", name, wanted, secret);
        snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
                 strlen(body), body);
        if (write(connection, answer, strlen(answer)) < 0)
            say("a client has gone");
    }
    close(connection);
    return NULL;
}

static void start_thread(void *(*body)(void *), int descriptor)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, (void *)(intptr_t)descriptor) == 0)
        pthread_detach(thread);
    else
        close(descriptor);
}

static void *accept_all(void *argument)
{
    for (;;) {
        int connection = accept((int)(intptr_t)argument, NULL, NULL);
        if (connection >= 0)
            start_thread(serve, connection);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    int port = count > 1 ? atoi(arguments[1]) : 8080, yes = 1, received;
    long delay = getenv("EXIT_DELAY_MS") ? atol(getenv("EXIT_DELAY_MS")) : 0;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    sigset_t wanted;

    name = count > 2 ? arguments[2] : "test-server";
    secret = getenv("SECRET_VALUE") ? getenv("SECRET_VALUE") : "-";
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    signal(SIGPIPE, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
        say("cannot listen on port %d", port);
        return 1;
    }
    say("started port=%d secret=%s", port, secret);
    start_thread(accept_all, listener);
    while (sigwait(&wanted, &received) == 0) {
        say("signal %d", received);
        if (delay >= 0) {
            pause_ms(delay);
            say("ends");
            return 0;
        }
    }
    return 1;
}
