import Foundation

/// How the kernel shares the processors between this process and others.
enum ProcessScheduling {
    /// Less than an equal share where processors are short, and still one: nobody starves.
    private static let niceness: Int32 = 5
    /// Longer than the kernel's own (at most some 3 ms): whoever wakes with a shorter slice goes
    /// first. Not longer than that needs: so late we may be ourselves where processors are short.
    private static let sliceNanoseconds: UInt64 = 10_000_000

    /// Lets whoever has something short to do go first: posting can wait a moment, a token on its
    /// way to a customer should not. Without this a gateway that wakes on the same processor waits
    /// for the end of our slice, some 3 ms.
    ///
    /// Linux schedules threads, and a new thread is like the one that made it: all that there are
    /// already are set. Slices are known from Linux 6.12 on; an older one takes the niceness alone.
    static func standBack() {
        let threads =
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ Int32($0) }) {
            var attributes = Attributes()
            attributes.nice = niceness
            attributes.slice = sliceNanoseconds
            attributes.size = UInt32(MemoryLayout<Attributes>.size)
            setAttributes(of: thread, &attributes)
        }
    }

    /// The kernel's `struct sched_attr`, for the policy `SCHED_OTHER`.
    private struct Attributes {
        var size: UInt32 = 0
        var policy: UInt32 = 0
        var flags: UInt64 = 0
        var nice: Int32 = 0
        var priority: UInt32 = 0
        var slice: UInt64 = 0
        var deadline: UInt64 = 0
        var period: UInt64 = 0
    }

    private typealias SystemCall = @convention(c) (Int, Int, UnsafeMutableRawPointer, Int) -> Int

    #if arch(x86_64)
    private static let setAttributesNumber = 314
    #else
    private static let setAttributesNumber = 274
    #endif

    /// `sched_setattr`, which this C library has no function for; Swift cannot call its variadic
    /// `syscall`. A kernel that refuses leaves everything as it was, which is slower at worst.
    private static func setAttributes(of thread: Int32, _ attributes: inout Attributes) {
        guard let function = dlsym(nil, "syscall") else { return }
        let call = unsafeBitCast(function, to: SystemCall.self)
        _ = withUnsafeMutableBytes(of: &attributes) { bytes in
            bytes.baseAddress.map { call(setAttributesNumber, Int(thread), $0, 0) }
        }
    }
}
