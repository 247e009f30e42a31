// Opens many streams at once, reads them, and says how they fare: wrk cannot hold thousands of
// slow streams open while somebody else looks at the server's memory.
//
//   streams HOST PORT COUNT BODY_FILE SECONDS      KEY in the environment is the API key
//
// Streams are opened at most OPENING_AT_A_TIME ahead of their answers. When every stream has
// answered it prints {"answered": N, "refused": N} and goes on reading for SECONDS, then prints
// the totals {"open", "ended", "cut", "bytes"} and leaves, which cuts the streams.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 65536, OPENING_AT_A_TIME = 64, EVENTS_PER_WAIT = 512 };
enum { OPENING_LIMIT_SECONDS = 60 };

typedef enum { UNUSED, CONNECTING, WAITING, ANSWERED, ENDED } State;

static State states[MAXIMUM_DESCRIPTORS];
static long answered, refused, ended, cut, bytesRead;
static int poller;
static char request[1 << 20];
static int requestLength;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void prepareRequest(const char *host, const char *bodyFile) {
    static char body[1 << 19];
    FILE *file = fopen(bodyFile, "r");
    if (!file) {
        perror(bodyFile);
        exit(1);
    }
    size_t length = fread(body, 1, sizeof body - 1, file);
    fclose(file);
    const char *key = getenv("KEY");
    requestLength = snprintf(request, sizeof request,
                             "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\n"
                             "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n%s",
                             host, key ? key : "none", length, body);
}

static void openStream(const struct sockaddr_in *address) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (descriptor < 0 || descriptor >= MAXIMUM_DESCRIPTORS) {
        fprintf(stderr, "streams: too few file descriptors; raise ulimit -n\n");
        exit(1);
    }
    if (connect(descriptor, (const struct sockaddr *)address, sizeof *address) != 0
        && errno != EINPROGRESS) {
        perror("streams: connect");
        exit(1);
    }
    states[descriptor] = CONNECTING;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.fd = descriptor};
    epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
}

static void finish(int descriptor, bool whole) {
    if (states[descriptor] == ANSWERED) {
        if (whole) ended++; else cut++;
    } else {
        refused++;
    }
    states[descriptor] = ENDED;
    close(descriptor);
}

static void handle(int descriptor, uint32_t events) {
    char buffer[65536];
    if (states[descriptor] == CONNECTING && events & EPOLLOUT) {
        if (send(descriptor, request, (size_t)requestLength, MSG_NOSIGNAL) != requestLength) {
            finish(descriptor, false);
            return;
        }
        states[descriptor] = WAITING;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
        epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event);
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    ssize_t received = recv(descriptor, buffer, sizeof buffer, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) {
        finish(descriptor, false);
        return;
    }
    bytesRead += received;
    if (states[descriptor] == WAITING) {
        if (received < 12 || memcmp(buffer + 9, "200", 3) != 0) {
            finish(descriptor, false);
            return;
        }
        states[descriptor] = ANSWERED;
        answered++;
    }
    if (received >= 5 && memmem(buffer, (size_t)received, "[DONE]", 6)) finish(descriptor, true);
}

static void poll(int timeoutMilliseconds) {
    struct epoll_event events[EVENTS_PER_WAIT];
    int ready = epoll_wait(poller, events, EVENTS_PER_WAIT, timeoutMilliseconds);
    for (int index = 0; index < ready; index++) {
        if (states[events[index].data.fd] != ENDED)
            handle(events[index].data.fd, events[index].events);
    }
}

int main(int count, char **arguments) {
    if (count != 6) {
        fprintf(stderr, "usage: streams HOST PORT COUNT BODY_FILE SECONDS\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(arguments[2]))};
    inet_pton(AF_INET, arguments[1], &address.sin_addr);
    long wanted = atol(arguments[3]), opened = 0;
    prepareRequest(arguments[1], arguments[4]);
    poller = epoll_create1(0);
    double deadline = now() + OPENING_LIMIT_SECONDS;
    while (answered + refused < wanted && now() < deadline) {
        while (opened < wanted && opened - answered - refused < OPENING_AT_A_TIME) {
            openStream(&address);
            opened++;
        }
        poll(100);
    }
    printf("{\"answered\": %ld, \"refused\": %ld}\n", answered, refused);
    fflush(stdout);
    deadline = now() + atof(arguments[5]);
    while (now() < deadline) poll(100);
    printf("{\"open\": %ld, \"ended\": %ld, \"cut\": %ld, \"bytes\": %ld}\n",
           answered - ended - cut, ended, cut, bytesRead);
    return 0;
}
