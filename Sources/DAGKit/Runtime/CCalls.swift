// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of CPosix.
internal import Glibc

// The C functions of CPosix by their names: importing the C module here would make every DAG file that imports DAGKit need the
// module's headers. All arguments and results are numbers and pointers, for which Swift's and C's calling conventions agree.

@_silgen_name("cposix_fork") func cposix_fork() -> pid_t
@_silgen_name("cposix_die_with") func cposix_die_with(_ parent: pid_t) -> Bool
@_silgen_name("cposix_reset_signals") func cposix_reset_signals()
@_silgen_name("cposix_catch_stop") func cposix_catch_stop(_ event: CInt)
@_silgen_name("cposix_stop_requested") func cposix_stop_requested() -> Bool
@_silgen_name("cposix_eventfd") func cposix_eventfd() -> CInt
@_silgen_name("cposix_event_set") func cposix_event_set(_ event: CInt)
@_silgen_name("cposix_event_clear") func cposix_event_clear(_ event: CInt)
@_silgen_name("cposix_main_queue_event") func cposix_main_queue_event() -> CInt
@_silgen_name("cposix_main_queue_drain") func cposix_main_queue_drain()
@_silgen_name("cposix_buffer_lines") func cposix_buffer_lines()
@_silgen_name("cposix_flush_streams") func cposix_flush_streams()
@_silgen_name("cposix_exit_now") func cposix_exit_now(_ code: CInt) -> Never
@_silgen_name("cposix_pidfd_open") func cposix_pidfd_open(_ process: pid_t) -> CInt
@_silgen_name("cposix_reap_numbers")
func cposix_reap_numbers(_ pidfd: CInt, _ numbers: UnsafeMutablePointer<Int64>) -> CInt
@_silgen_name("cposix_send")
func cposix_send(
    _ socket: CInt, _ parts: UnsafePointer<iovec>, _ count: Int, _ descriptors: UnsafePointer<CInt>?,
    _ descriptorCount: Int
) -> Int
@_silgen_name("cposix_receive")
func cposix_receive(
    _ socket: CInt, _ buffer: UnsafeMutableRawPointer?, _ capacity: Int, _ descriptors: UnsafeMutablePointer<CInt>,
    _ descriptorCount: UnsafeMutablePointer<Int>
) -> Int

/// The most descriptors of one message; CPosix checks it.
let maximumDescriptors = 31
