/// The numbers of the system calls that ``JailFilter`` knows.
struct SystemCalls {
    /// As the kernel's `AUDIT_ARCH_…`.
    var architecture: UInt32
    var clone: UInt32
    var clone3: UInt32
    /// The calls that make processes and nothing else.
    var forks: [UInt32]
    var refused: [UInt32]

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    static let namespaceFlags: UInt32 = 0x7E02_0000
    static let threadFlag: UInt32 = 0x0001_0000

    #if arch(x86_64)
        static let ofThisMachine = SystemCalls(
            architecture: 0xC000_003E, clone: 56, clone3: 435, forks: [57, 58],
            refused: [
                41,  // socket
                29, 30, 31, 64, 66,  // shmget, shmat, shmctl, semget, semctl
                68, 69, 70, 240,  // msgget, msgsnd, msgrcv, mq_open
                319, 447,  // memfd_create, memfd_secret
                101, 310, 311, 438,  // ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
                165, 166, 155, 161, 428, 429, 430, 432, 442,  // mount, umount2, pivot_root, chroot, the new mount calls
                272, 308, 303, 304,  // unshare, setns, name_to_handle_at, open_by_handle_at
                321, 298, 323, 425, 426, 427,  // bpf, perf_event_open, userfaultfd, io_uring
                248, 249, 250,  // add_key, request_key, keyctl
                175, 176, 313, 246, 320, 169, 167, 168, 163, 179,  // modules, kexec, reboot, swap, acct, quotactl
            ])
    #elseif arch(arm64)
        static let ofThisMachine = SystemCalls(
            architecture: 0xC000_00B7, clone: 220, clone3: 435, forks: [],
            refused: [
                198,  // socket
                194, 195, 196, 190, 191, 186, 188, 189, 180,  // System V and POSIX queues, as above
                279, 447,
                117, 270, 271, 438,
                40, 39, 41, 51, 428, 429, 430, 432, 442,
                97, 268, 264, 265,
                280, 241, 282, 425, 426, 427,
                217, 218, 219,
                105, 106, 273, 104, 294, 142, 224, 225, 89, 60,
            ])
    #endif
}
