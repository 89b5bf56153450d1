import Glibc
import Testing

@testable import FastCGI

@Suite("Where there is no room for all connections, those go that have waited longest")
struct CapacityTests {
    private let capacity = Capacity(workers: 1, inUse: 0)

    /// A connection, and its peer's end.
    private func pair() throws -> (connection: Connection, peer: Int32) {
        var sockets: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &sockets) == 0)
        return (Connection(socket: sockets[0]), sockets[1])
    }

    /// Whether a peer that reads what is there comes to the end of its connection.
    private func isEnded(_ peer: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = recv(peer, &buffer, buffer.count, 0)
            if count <= 0 { return count == 0 }
        }
    }

    @Test("the oldest without a request is ended, and one between two requests is not")
    func oldest() throws {
        let connections = try (0..<4).map { _ in try pair() }
        try connections[0].connection.send([1], isLast: false)
        for (connection, _) in connections { capacity.update(connection) }
        var ended: [[Bool]] = []
        for _ in 0..<4 {
            capacity.endLongestWaiting(for: SystemError("accept", errno: EMFILE))
            ended.append(connections.map { isEnded($0.peer) })
        }
        #expect(
            ended == [
                [false, true, false, false], [false, true, true, false], [false, true, true, true],
                [false, true, true, true],
            ])
        for (_, peer) in connections { close(peer) }
    }

    @Test("what is pending for slow peers is limited in total")
    func pending() throws {
        let response = [UInt8](repeating: 0, count: 8 << 20)
        let connections = try (0..<12).map { _ in try pair() }
        for (connection, _) in connections {
            try connection.send(response, isLast: false)
            capacity.update(connection)
        }
        // 8 of them are 64 MiB, less what the sockets hold.
        #expect(connections.map { isEnded($0.peer) } == connections.indices.map { $0 < 4 })
        for (_, peer) in connections { close(peer) }
    }
}
