/* PID 1 of a pod's sandbox: keeps the pod's namespaces, reaps what loses its parent, ends when told to. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    sigset_t wanted;
    int received;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    while (sigwait(&wanted, &received) == 0) {
        if (received != SIGCHLD)
            return 0;
        while (waitpid(-1, NULL, WNOHANG) > 0) { }
    }
    return 1;
}
