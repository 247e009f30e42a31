// A model server that does nothing but answer, so that what is measured is whatever stands before
// it. One thread, epoll, keep-alive.
//
//   mock_engine (--port N | --unix PATH) [--chunks N] [--delay MS] [--fill]
//
//   POST /v1/chat/completions   a JSON answer at once, or with "stream":true CHUNKS events DELAY ms
//                               apart (0: all at once), a chunk with finish_reason, the usage
//                               chunk if the request asked for it, and [DONE]
//   POST /v1/embeddings         one vector
//   GET  /v1/models /health     what a gateway asks before it sends work
//   GET  /metrics               token counters under llama.cpp's names
//   GET  /stats                 JSON: requests, chunks, connections, open, cut, prompt_tokens,
//                               completion_tokens, microseconds
//
// An answer never has more tokens than max_tokens or max_completion_tokens; with --fill it has
// exactly that many. A prompt counts as one token for every four bytes of the request's body.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    MAXIMUM_DESCRIPTORS = 65536,
    MAXIMUM_REQUEST_BYTES = 16 << 20,
    FIRST_BUFFER_BYTES = 4096,
    EVENTS_PER_WAIT = 512,
    LISTEN_BACKLOG = 8192,
    ANSWER_TOKENS = 58,
};

typedef struct Connection {
    int descriptor;
    char *input;
    size_t inputLength;
    size_t inputCapacity;
    char *output;  // what the socket did not take yet
    size_t outputLength;
    bool streaming;
    bool closing;  // the peer is gone; freed when the timer queue lets go of it
    bool wantsUsage;
    long promptTokens;
    long tokensPlanned;
    long tokensSent;
    bool cutShort;  // the limit ended the answer, not its own end
    long dueMicroseconds;
    struct Connection *next;  // in the timer queue
} Connection;

typedef struct {
    long requests, chunks, accepted, open, cut, promptTokens, completionTokens;
} Counters;

static Connection *connections[MAXIMUM_DESCRIPTORS];
static Counters counters;
static int poller;
static long chunksPerStream = 50;
static long delayMilliseconds = 20;
static bool fillToMaximum = false;

// All delays are equal, so the order of arrival is the order of expiry.
static Connection *queueHead, *queueTail;

static char chunkFrame[512];
static size_t chunkFrameLength;

static long nowMicroseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000L + time.tv_nsec / 1000;
}

static void watch(Connection *connection, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.fd = connection->descriptor};
    epoll_ctl(poller, operation, connection->descriptor, &event);
}

static void enqueue(Connection *connection) {
    connection->next = NULL;
    if (queueTail) queueTail->next = connection; else queueHead = connection;
    queueTail = connection;
}

static void freeConnection(Connection *connection) {
    connections[connection->descriptor] = NULL;
    close(connection->descriptor);
    free(connection->input);
    free(connection->output);
    free(connection);
    counters.open--;
}

static void closeConnection(Connection *connection) {
    if (!connection->streaming) {
        freeConnection(connection);
        return;
    }
    if (connection->closing) return;
    counters.cut++;
    connection->closing = true;
    epoll_ctl(poller, EPOLL_CTL_DEL, connection->descriptor, NULL);
}

static void sendBytes(Connection *connection, const char *bytes, size_t length) {
    if (connection->outputLength == 0) {
        ssize_t sent = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) return;  // the read side will see the end of it
            sent = 0;
        }
        if ((size_t)sent == length) return;
        bytes += sent;
        length -= (size_t)sent;
    }
    connection->output = realloc(connection->output, connection->outputLength + length);
    memcpy(connection->output + connection->outputLength, bytes, length);
    connection->outputLength += length;
    watch(connection, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
}

static void sendAnswer(Connection *connection, const char *status, const char *type,
                       const char *body, size_t bodyLength) {
    char answer[4096];
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%.*s",
                          status, type, bodyLength, (int)bodyLength, body);
    sendBytes(connection, answer, (size_t)length);
}

static void sendText(Connection *connection, const char *status, const char *body) {
    sendAnswer(connection, status, "application/json", body, strlen(body));
}

// One event as one HTTP chunk; returns the bytes written to `frame`.
static size_t frameEvent(char *frame, size_t capacity, const char *event) {
    return (size_t)snprintf(frame, capacity, "%zx\r\n%s\r\n", strlen(event), event);
}

#define STREAM_HEAD                                                              \
    "data: {\"id\":\"chatcmpl-9xYtZ0123\",\"object\":\"chat.completion.chunk\"," \
    "\"created\":1763689736,\"model\":\"m\",\"choices\":["

static void prepareChunk(void) {
    chunkFrameLength = frameEvent(
        chunkFrame, sizeof chunkFrame,
        STREAM_HEAD
        "{\"index\":0,\"delta\":{\"content\":\" token\"},\"finish_reason\":null}]}\n\n");
}

static void sendStreamEnd(Connection *connection) {
    char event[512], frames[2048];
    size_t length = 0;
    snprintf(event, sizeof event,
             STREAM_HEAD "{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}\n\n",
             connection->cutShort ? "length" : "stop");
    length += frameEvent(frames, sizeof frames, event);
    if (connection->wantsUsage) {
        snprintf(event, sizeof event,
                 STREAM_HEAD "],\"usage\":{\"prompt_tokens\":%ld,\"completion_tokens\":%ld,"
                             "\"total_tokens\":%ld}}\n\n",
                 connection->promptTokens, connection->tokensSent,
                 connection->promptTokens + connection->tokensSent);
        length += frameEvent(frames + length, sizeof frames - length, event);
    }
    length += frameEvent(frames + length, sizeof frames - length, "data: [DONE]\n\n");
    memcpy(frames + length, "0\r\n\r\n", 5);
    sendBytes(connection, frames, length + 5);
    connection->streaming = false;
}

static void sendOneChunk(Connection *connection) {
    sendBytes(connection, chunkFrame, chunkFrameLength);
    connection->tokensSent++;
    counters.chunks++;
    counters.completionTokens++;
}

static void beginStream(Connection *connection) {
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    sendBytes(connection, head, sizeof head - 1);
    connection->streaming = true;
    connection->tokensSent = 0;
    if (delayMilliseconds == 0) {
        while (connection->tokensSent < connection->tokensPlanned) sendOneChunk(connection);
        sendStreamEnd(connection);
        return;
    }
    connection->dueMicroseconds = nowMicroseconds() + delayMilliseconds * 1000;
    enqueue(connection);
}

static void sendCompletion(Connection *connection) {
    static const char text[] =
        "The capital of France is Paris. It has been the capital since the tenth century, and it "
        "is the largest city of the country, with a metropolitan population of more than twelve "
        "million people. It lies on the Seine, in the north of the country.";
    char body[2048];
    long tokens = connection->tokensPlanned;
    int length = snprintf(
        body, sizeof body,
        "{\"id\":\"chatcmpl-9xYtZ0123456789abcdef\",\"object\":\"chat.completion\","
        "\"created\":1763689736,\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":"
        "{\"role\":\"assistant\",\"content\":\"%s\",\"refusal\":null},\"logprobs\":null,"
        "\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":%ld,\"completion_tokens\":%ld,"
        "\"total_tokens\":%ld},\"system_fingerprint\":\"fp_0123456789\"}",
        text, connection->cutShort ? "length" : "stop", connection->promptTokens, tokens,
        connection->promptTokens + tokens);
    counters.completionTokens += tokens;
    sendAnswer(connection, "200 OK", "application/json", body, (size_t)length);
}

static const char *find(const char *bytes, size_t length, const char *needle) {
    return memmem(bytes, length, needle, strlen(needle));
}

// The number after `"name":`; -1 without one. An escaped quotation mark inside a prompt cannot
// look like it, because of its backslash.
static long numberField(const char *body, size_t length, const char *name) {
    char needle[64];
    snprintf(needle, sizeof needle, "\"%s\":", name);
    const char *found = find(body, length, needle);
    return found ? strtol(found + strlen(needle), NULL, 10) : -1;
}

static bool isTrue(const char *body, size_t length, const char *name) {
    char needle[64];
    snprintf(needle, sizeof needle, "\"%s\":true", name);
    if (find(body, length, needle)) return true;
    snprintf(needle, sizeof needle, "\"%s\": true", name);
    return find(body, length, needle) != NULL;
}

static void answerChat(Connection *connection, const char *body, size_t length) {
    bool stream = isTrue(body, length, "stream");
    long maximum = numberField(body, length, "max_tokens");
    if (maximum < 0) maximum = numberField(body, length, "max_completion_tokens");
    long natural = stream ? chunksPerStream : ANSWER_TOKENS;
    if (maximum >= 0 && fillToMaximum) natural = maximum;
    connection->cutShort = maximum >= 0 && maximum <= natural;
    connection->tokensPlanned = connection->cutShort ? maximum : natural;
    connection->promptTokens = (long)(length / 4) + 1;
    connection->wantsUsage = isTrue(body, length, "include_usage");
    counters.promptTokens += connection->promptTokens;
    counters.requests++;
    if (stream) beginStream(connection); else sendCompletion(connection);
}

static void answerEmbeddings(Connection *connection, size_t bodyLength) {
    char body[512];
    long tokens = (long)(bodyLength / 4) + 1;
    counters.promptTokens += tokens;
    counters.requests++;
    snprintf(body, sizeof body,
             "{\"object\":\"list\",\"model\":\"mock\",\"data\":[{\"object\":\"embedding\","
             "\"index\":0,\"embedding\":[0.5,-0.5,0.5,-0.5]}],\"usage\":{\"prompt_tokens\":%ld,"
             "\"total_tokens\":%ld}}", tokens, tokens);
    sendText(connection, "200 OK", body);
}

static void answerStats(Connection *connection) {
    char body[512];
    snprintf(body, sizeof body,
             "{\"requests\":%ld,\"chunks\":%ld,\"connections\":%ld,\"open\":%ld,\"cut\":%ld,"
             "\"prompt_tokens\":%ld,\"completion_tokens\":%ld,\"microseconds\":%ld}\n",
             counters.requests, counters.chunks, counters.accepted, counters.open, counters.cut,
             counters.promptTokens, counters.completionTokens, nowMicroseconds());
    sendText(connection, "200 OK", body);
}

static void answerMetrics(Connection *connection) {
    char body[512];
    int length = snprintf(body, sizeof body,
                          "llamacpp:prompt_tokens_total %ld\n"
                          "llamacpp:prompt_tokens_cached_total 0\n"
                          "llamacpp:tokens_predicted_total %ld\n",
                          counters.promptTokens, counters.completionTokens);
    sendAnswer(connection, "200 OK", "text/plain; version=0.0.4", body, (size_t)length);
}

static bool startsWith(const char *bytes, const char *prefix) {
    return strncmp(bytes, prefix, strlen(prefix)) == 0;
}

static void answer(Connection *connection, const char *body, size_t bodyLength) {
    const char *head = connection->input;
    if (startsWith(head, "POST ")) {
        const char *path = head + 5;
        if (startsWith(path, "/v1/chat/completions")) answerChat(connection, body, bodyLength);
        else if (startsWith(path, "/v1/embeddings")) answerEmbeddings(connection, bodyLength);
        else sendText(connection, "404 Not Found", "{\"error\":{\"message\":\"no such route\"}}");
    } else if (startsWith(head, "GET /stats")) {
        answerStats(connection);
    } else if (startsWith(head, "GET /metrics")) {
        answerMetrics(connection);
    } else if (startsWith(head, "GET /health")) {
        sendText(connection, "200 OK", "{\"status\":\"ok\"}");
    } else if (startsWith(head, "GET /v1/models")) {
        sendText(connection, "200 OK",
                 "{\"object\":\"list\",\"data\":[{\"id\":\"mock\",\"object\":\"model\","
                 "\"created\":1763689736,\"owned_by\":\"mock\",\"max_model_len\":131072}]}");
    } else {
        sendText(connection, "404 Not Found", "{\"error\":{\"message\":\"no such route\"}}");
    }
}

// Bytes of the whole request at the front of the input, or 0 while it is not all there.
static size_t wholeRequest(Connection *connection, size_t *headLength, size_t *bodyLength) {
    char *end = memmem(connection->input, connection->inputLength, "\r\n\r\n", 4);
    if (!end) return 0;
    *headLength = (size_t)(end - connection->input) + 4;
    *end = 0;
    const char *lengthField = strcasestr(connection->input, "\r\ncontent-length:");
    bool chunked = strcasestr(connection->input, "\r\ntransfer-encoding:") != NULL;
    *bodyLength = lengthField ? strtoul(lengthField + 17, NULL, 10) : 0;
    *end = '\r';
    if (chunked) {
        const char *last = memmem(connection->input + *headLength,
                                  connection->inputLength - *headLength, "0\r\n\r\n", 5);
        if (!last) return 0;
        *bodyLength = (size_t)(last - connection->input) + 5 - *headLength;
    }
    size_t total = *headLength + *bodyLength;
    return connection->inputLength >= total ? total : 0;
}

static void handleInput(Connection *connection) {
    size_t headLength, bodyLength, total;
    while (!connection->streaming && connection->inputLength > 0
           && (total = wholeRequest(connection, &headLength, &bodyLength)) > 0) {
        answer(connection, connection->input + headLength, bodyLength);
        connection->inputLength -= total;
        memmove(connection->input, connection->input + total, connection->inputLength + 1);
    }
}

static void readInput(Connection *connection) {
    if (connection->inputCapacity - connection->inputLength < FIRST_BUFFER_BYTES / 2) {
        connection->inputCapacity =
            connection->inputCapacity ? connection->inputCapacity * 4 : FIRST_BUFFER_BYTES;
        if (connection->inputCapacity > MAXIMUM_REQUEST_BYTES) {
            closeConnection(connection);
            return;
        }
        connection->input = realloc(connection->input, connection->inputCapacity);
    }
    ssize_t received = recv(connection->descriptor, connection->input + connection->inputLength,
                            connection->inputCapacity - connection->inputLength - 1, 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) {
        closeConnection(connection);
        return;
    }
    connection->inputLength += (size_t)received;
    connection->input[connection->inputLength] = 0;
    handleInput(connection);
}

static void writeOutput(Connection *connection) {
    ssize_t sent = send(connection->descriptor, connection->output, connection->outputLength,
                        MSG_NOSIGNAL);
    if (sent > 0) {
        connection->outputLength -= (size_t)sent;
        memmove(connection->output, connection->output + sent, connection->outputLength);
    }
    if (connection->outputLength == 0) watch(connection, EPOLLIN, EPOLL_CTL_MOD);
}

static void acceptAll(int listener) {
    int descriptor, one = 1;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (descriptor >= MAXIMUM_DESCRIPTORS) {
            close(descriptor);
            continue;
        }
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        Connection *connection = calloc(1, sizeof *connection);
        connection->descriptor = descriptor;
        connections[descriptor] = connection;
        counters.accepted++;
        counters.open++;
        watch(connection, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static void runTimers(void) {
    if (!queueHead) return;
    long now = nowMicroseconds();
    while (queueHead && queueHead->dueMicroseconds <= now) {
        Connection *connection = queueHead;
        queueHead = connection->next;
        if (!queueHead) queueTail = NULL;
        if (connection->closing) {
            freeConnection(connection);
        } else if (connection->tokensSent < connection->tokensPlanned) {
            sendOneChunk(connection);
            connection->dueMicroseconds += delayMilliseconds * 1000;
            if (connection->dueMicroseconds < now)
                connection->dueMicroseconds = now + delayMilliseconds * 1000;
            enqueue(connection);
        } else {
            sendStreamEnd(connection);
            handleInput(connection);
        }
    }
}

static int listenOnPort(int port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("mock_engine: cannot bind the port");
        exit(1);
    }
    return listener;
}

static int listenOnPath(const char *path) {
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("mock_engine: cannot bind the socket");
        exit(1);
    }
    return listener;
}

static int parseArguments(int count, char **arguments) {
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},   {"unix", required_argument, NULL, 'u'},
        {"chunks", required_argument, NULL, 'c'}, {"delay", required_argument, NULL, 'd'},
        {"fill", no_argument, NULL, 'f'},         {NULL, 0, NULL, 0},
    };
    int option, listener = -1;
    while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
        switch (option) {
        case 'p': listener = listenOnPort(atoi(optarg)); break;
        case 'u': listener = listenOnPath(optarg); break;
        case 'c': chunksPerStream = atol(optarg); break;
        case 'd': delayMilliseconds = atol(optarg); break;
        case 'f': fillToMaximum = true; break;
        default: exit(2);
        }
    }
    if (listener < 0) {
        fprintf(stderr,
                "usage: mock_engine (--port N | --unix PATH) [--chunks N] [--delay MS] [--fill]\n");
        exit(2);
    }
    return listener;
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = parseArguments(count, arguments);
    prepareChunk();
    listen(listener, LISTEN_BACKLOG);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[EVENTS_PER_WAIT];
        int timeout = -1;
        if (queueHead) {
            long left = queueHead->dueMicroseconds - nowMicroseconds();
            timeout = left <= 0 ? 0 : (int)((left + 999) / 1000);
        }
        int ready = epoll_wait(poller, events, EVENTS_PER_WAIT, timeout);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == listener) {
                acceptAll(listener);
                continue;
            }
            Connection *connection = connections[events[index].data.fd];
            if (connection && events[index].events & EPOLLOUT && connection->outputLength > 0)
                writeOutput(connection);
            if (connection && events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                readInput(connection);
        }
        runTimers();
    }
}
