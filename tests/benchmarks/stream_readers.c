/* Many readers of event streams in one process, with little CPU time an event.
 *
 * Standard input: a line "PORT STREAMS MODE", then a path a line. Mode "together" opens all streams,
 * prints "open" when the heads of all responses have come, and reads each to its end, or until the
 * next line of standard input comes. Mode "in turn" opens one when the one before has ended.
 * Then it prints a line of JSON: what has come.
 *
 * uvicorn puts whole frames into a chunk, so the lines of the chunked encoding are lines of their
 * own between those of the frames: a size in hexadecimal, and "0" at the end. The only lines that
 * count are "id: NUMBER" and "data: " with a JSON string, which begins with the time at which the
 * event was due, by the same clock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINE 256 /* bytes of a line that are looked at */

struct stream {
  int fd, in_body, length;
  long last, events;
  double asked;
  char path[200], line[LINE];
};

struct list {
  double *items;
  size_t size, room;
};

static struct list late, first; /* seconds */
static long events, lost, duplicated, bytes, ended, open_heads;
static int poller;

static void add(struct list *to, double item) {
  if (to->size == to->room) {
    to->room = to->room ? 2 * to->room : 1024;
    to->items = realloc(to->items, to->room * sizeof item);
  }
  to->items[to->size++] = item;
}

static int order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* In milliseconds; 0 if there is none. */
static double quantile(struct list *of, double part) {
  if (!of->size) return 0;
  qsort(of->items, of->size, sizeof(double), order);
  return of->items[(size_t)(part * (of->size - 1))] * 1000;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void stop(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static void ask(struct stream *stream, int port) {
  char request[400];
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct epoll_event watch = {.events = EPOLLIN, .data.ptr = stream};
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  stream->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(stream->fd, (struct sockaddr *)&server, sizeof server)) stop("cannot connect");
  int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n",
                      stream->path, port);
  stream->asked = now();
  if (write(stream->fd, request, size) != size) stop("cannot ask");
  fcntl(stream->fd, F_SETFL, O_NONBLOCK);
  epoll_ctl(poller, EPOLL_CTL_ADD, stream->fd, &watch);
}

static void finish(struct stream *stream) {
  close(stream->fd);
  stream->fd = -1;
  ended++;
}

static void take_line(struct stream *stream, double time) {
  char *line = stream->line;
  if (!stream->in_body) {
    if (!strncmp(line, "HTTP/", 5) && strncmp(line, "HTTP/1.1 200", 12)) stop(line);
    if (!*line) stream->in_body = 1, open_heads++;
  } else if (!strncmp(line, "id: ", 4)) {
    long number = atol(line + 4);
    if (number <= stream->last) duplicated++;
    else lost += number - stream->last - 1, stream->last = number;
  } else if (!strncmp(line, "data: \"", 7)) {
    double due = strtod(line + 7, NULL);
    if (!stream->events++) add(&first, time - stream->asked);
    events++;
    if (due) add(&late, time - due);
  } else if (!strcmp(line, "0")) {
    finish(stream);
  }
}

static void take(struct stream *stream, char *buffer, size_t room) {
  ssize_t size = read(stream->fd, buffer, room);
  double time = now();
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) stop(size ? strerror(errno) : "a stream ended before its end");
  for (char *at = buffer, *end = buffer + size; at < end && stream->fd >= 0;) {
    char *newline = memchr(at, '\n', end - at);
    size_t part = (newline ? newline : end) - at, space = LINE - 1 - stream->length;
    memcpy(stream->line + stream->length, at, part < space ? part : space);
    stream->length += part < space ? part : space;
    if (stream->in_body) bytes += part + (newline != NULL);
    at += part + 1;
    if (!newline) return;
    if (stream->length && stream->line[stream->length - 1] == '\r') stream->length--;
    stream->line[stream->length] = 0;
    stream->length = 0;
    take_line(stream, time);
  }
}

int main(void) {
  int port, count, told = 0, opened = 0;
  char mode[20], line[LINE];
  static char buffer[1 << 20];
  struct epoll_event found[512], watch = {.events = EPOLLIN, .data.ptr = NULL};
  if (!fgets(line, sizeof line, stdin) || sscanf(line, "%d %d %19[a-z ]", &port, &count, mode) != 3)
    stop("PORT STREAMS MODE");
  int together = !strcmp(mode, "together");
  struct stream *streams = calloc(count, sizeof *streams);
  for (int i = 0; i < count; i++) {
    if (!fgets(streams[i].path, sizeof streams[i].path, stdin)) stop("a path a line");
    streams[i].path[strcspn(streams[i].path, "\n")] = 0;
  }
  poller = epoll_create1(0);
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &watch);
  for (int leave = 0; ended < count && !leave;) {
    while (opened < count && (together ? opened - open_heads < 50 : opened == ended))
      ask(&streams[opened++], port);
    int ready = epoll_wait(poller, found, 512, -1);
    for (int i = 0; i < ready; i++) {
      if (found[i].data.ptr) take(found[i].data.ptr, buffer, sizeof buffer);
      else leave = 1;
    }
    if (together && !told && open_heads == count) told = puts("open"), fflush(stdout);
  }
  printf("{\"events\": %ld, \"lost\": %ld, \"duplicated\": %ld, \"bytes\": %ld, \"ended\": %ld, "
         "\"p50\": %f, \"p99\": %f, \"first\": %f}\n",
         events, lost, duplicated, bytes, ended, quantile(&late, 0.5), quantile(&late, 0.99),
         quantile(&first, 0.5));
  return 0;
}
