/* Preloaded into a process, stops its wall clock at FROZEN_CLOCK_S (seconds since 1970).
 *
 * The monotonic clock, sleeps and time limits go on as usual. The times of files stay real. Written because
 * libfaketime 0.9.10 breaks the sleep of Python 3.13 (clock_nanosleep with an absolute monotonic time).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t frozen(void) {
    static time_t seconds;
    if (seconds == 0) {
        const char *text = getenv("FROZEN_CLOCK_S");
        seconds = text ? atoll(text) : 1;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*running)(clockid_t, struct timespec *);
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
        if (!running)
            running = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        return running(clock, now);
    }
    now->tv_sec = frozen();
    now->tv_nsec = 0;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    now->tv_sec = frozen();
    now->tv_usec = 0;
    return 0;
}

time_t time(time_t *now) {
    if (now)
        *now = frozen();
    return frozen();
}
