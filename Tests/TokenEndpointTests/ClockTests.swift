import FastCGI
import Synchronization
import Testing

@testable import TokenEndpoint

/// A clock that somebody sets.
private final class Clock: Sendable {
    private let time = Atomic<Int>(Guide.now)

    var now: Int {
        get { time.load(ordering: .relaxed) }
        set { time.store(newValue, ordering: .relaxed) }
    }

    func endpoint(_ process: [String: String]) -> TokenEndpoint {
        TokenEndpoint(
            process: Environment(variables: process), serverSecret: nil, notices: Notices(), clock: { self.now })
    }
}

@Suite("a clock that is set anew")
struct ClockTests {
    private static let day = 86_400
    private static let steps = [day, -day, 365 * day, -365 * day]

    @Test("costs no token, and each is signed with the time that it shows", arguments: steps)
    func signs(step: Int) {
        let clock = Clock()
        var endpoint = clock.endpoint(Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "1h"])
        for now in [Guide.now, Guide.now + step, Guide.now + step + 1, Guide.now] {
            clock.now = now
            let response = endpoint.answer()
            #expect(response.claims?.contains(#""exp":\#(now + 172_800),"#) == true)
            #expect(response.claims?.hasSuffix(#","iat":\#(now)}"#) == true)
        }
    }

    @Test("by a day forwards renews what it signed before, and backwards what it signed before that")
    func renews() {
        let clock = Clock()
        var endpoint = clock.endpoint(Guide.variables + ["TINYBIRD_RENEWAL_WINDOW": "7d"])
        let first = endpoint.answer().token
        clock.now += Self.day
        let ahead = endpoint.answer().token
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer \(first)"]).status == .ok)
        clock.now -= Self.day
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer \(first)"]).status == .ok)
        // A token of tomorrow isn't ours to renew: the page asks for a new one without it.
        #expect(endpoint.answer("GET", ["HTTP_AUTHORIZATION": "Bearer \(ahead)"]).status == .unauthorized)
        #expect(endpoint.answer().status == .ok)
    }
}
