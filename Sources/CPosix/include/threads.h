#ifndef CPOSIX_THREADS_H
#define CPOSIX_THREADS_H

/// Names the calling thread for `ps` and debuggers; longer names are cut to 15 bytes.
void cposix_name_thread(const char *name);

#endif
