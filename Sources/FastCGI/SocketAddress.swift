import Glibc

/// A socket's address as the system takes it.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    /// The address family.
    var family: sa_family_t { storage.ss_family }

    /// A unix socket's address, by the bytes of its path; nil where there are too many.
    init?(path: [UInt8]) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard !path.isEmpty, path.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        // Of an abstract name, each byte counts.
        length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        store(address)
    }

    /// The address of a TCP port; nil where `host` is no numeric IPv4 or IPv6 address. Names would need the
    /// system's resolver, which a static program doesn't have.
    init?(host: String, port: UInt16) {
        var address = sockaddr_in()
        var address6 = sockaddr_in6()
        if inet_pton(AF_INET, host, &address.sin_addr) == 1 {
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            store(address)
        } else if inet_pton(AF_INET6, host, &address6.sin6_addr) == 1 {
            address6.sin6_family = sa_family_t(AF_INET6)
            address6.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            store(address6)
        } else {
            return nil
        }
    }

    /// Calls `body` with the address and its length in bytes.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    private mutating func store<Address>(_ address: Address) {
        withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: Address.self) }
    }
}
