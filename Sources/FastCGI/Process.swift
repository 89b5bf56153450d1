import CLinux

/// What concerns the process as a whole.
public enum Process {
    /// Keeps the kernel from writing core files of this process, and other processes of the same user from reading
    /// its memory and environment (`PR_SET_DUMPABLE`, prctl(2)).
    public static func forbidCoreFiles() {
        _ = shim_set_undumpable()
    }
}
