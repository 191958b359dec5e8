#ifndef CPOSIX_DISK_H
#define CPOSIX_DISK_H

/// Waits until all that was written to the file system of a descriptor has reached the disk. 0, or -1 with errno.
int cposix_flush_file_system(int descriptor);

/// Names the calling thread, for people who look with ps or gdb; at most 15 bytes count.
void cposix_name_thread(const char *name);

#endif
