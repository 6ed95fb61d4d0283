/* The clock of a process, moved by the seconds that the file HORLOGE holds; read anew each time, also in the
   handler of a signal (libfaketime then gives the real time, which ends the transactions of PostgreSQL).
   Durations are not moved. bench/horloge.py compiles it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *ecart;

__attribute__((constructor)) static void ouvrir(void) {
    const char *nom = getenv("HORLOGE");
    int fichier = nom ? open(nom, O_RDONLY) : -1;
    void *lu = fichier < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, fichier, 0);
    if (lu != MAP_FAILED) ecart = lu;
    if (fichier >= 0) close(fichier);
}

int clock_gettime(clockid_t horloge, struct timespec *instant) {
    int rendu = syscall(SYS_clock_gettime, horloge, instant);
    if (!rendu && ecart && (horloge == CLOCK_REALTIME || horloge == CLOCK_REALTIME_COARSE)) instant->tv_sec += *ecart;
    return rendu;
}

int gettimeofday(struct timeval *restrict instant, void *restrict zone) {
    struct timespec lu;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &lu);
    instant->tv_sec = lu.tv_sec;
    instant->tv_usec = lu.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *ou) {
    struct timespec lu;
    clock_gettime(CLOCK_REALTIME, &lu);
    if (ou) *ou = lu.tv_sec;
    return lu.tv_sec;
}
