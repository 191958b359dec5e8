#define _GNU_SOURCE
#include "cposix_disk.h"
#include <pthread.h>
#include <string.h>
#include <unistd.h>

int cposix_flush_file_system(int descriptor) { return syncfs(descriptor); }

void cposix_name_thread(const char *name) {
    char cut[16] = {0};
    strncpy(cut, name, sizeof cut - 1);
    pthread_setname_np(pthread_self(), cut);
}
