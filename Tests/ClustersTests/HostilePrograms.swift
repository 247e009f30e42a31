/// Python programs that do what work must not get away with, on every kind of cluster.
enum HostilePrograms {
    /// Hears no signal, and leaves eight processes in sessions of their own behind.
    static let straggler = """
        import os, signal, time
        for s in range(1, 65):
            try: signal.signal(s, signal.SIG_IGN)
            except (OSError, ValueError): pass
        for i in range(8):
            if os.fork() == 0:
                os.setsid()
                if os.fork(): os._exit(0)
                while True: time.sleep(0.01)
        """
}
