// Signs a number of constant tokens with the settings in the environment, and prints the last one: the work from
// claims to compact JWS alone, for instructions.py to count.
import FastCGI
import Glibc
import TokenEndpoint

guard CommandLine.arguments.count == 2, let tokens = Int(CommandLine.arguments[1]) else {
    exit(EX_USAGE)
}
let now = time(nil)
let request = Request(variables: [(name: String, value: String)]())
let minter = try Minter(try Settings(.process, now: now))
var token: [UInt8] = []
for _ in 0..<tokens { token = try minter.mint(for: request, at: now) }
print(String(decoding: token, as: UTF8.self))
