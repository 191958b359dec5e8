#define _GNU_SOURCE
#include "disk.h"
#include <unistd.h>

int cposix_flush_file_system(int descriptor) { return syncfs(descriptor); }
