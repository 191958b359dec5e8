#ifndef CPOSIX_DISK_H
#define CPOSIX_DISK_H

/// Waits until all that was written to the file system of a descriptor has reached the disk. 0, or -1 with errno.
int cposix_flush_file_system(int descriptor);

#endif
