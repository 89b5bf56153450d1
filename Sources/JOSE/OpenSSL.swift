import COpenSSL

/// OpenSSL refused a call; nothing was signed.
public struct OpenSSLError: Error, Equatable {
    /// The function that failed, such as `EVP_MAC_init`.
    public let function: String

    /// OpenSSL's own code of the newest error in this thread's queue; 0 where it left none.
    public let code: UInt

    init(_ function: String) {
        self.function = function
        code = UInt(ERR_peek_last_error())
        ERR_clear_error()
    }
}

/// OpenSSL's start-up, without what a program that only computes HMACs never uses: the error texts, the tables of
/// ciphers and digests by name, and the clean-up at exit, which would free state under a running worker.
///
/// The host's openssl.cnf is honoured (it may demand the FIPS provider), but not by a static program: modules that it
/// names would bring the host's libcrypto and libc in beside the program's own, if they fit at all, and reading it
/// alone was a third of the instructions of a CGI request.
public enum OpenSSL {
    /// The library's name, version and date, as it says them itself.
    public static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }

    /// Whether the program was started without a dynamic linker (getauxval(3)), so that OpenSSL is a part of it.
    public static let isStatic = getauxval(UInt(AT_BASE)) == 0

    /// Whether two secrets are equal. The time that takes tells at most their lengths.
    public static func isEqual(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        one.count == other.count
            && one.withUnsafeBytes { one in
                other.withUnsafeBytes { CRYPTO_memcmp(one.baseAddress, $0.baseAddress, $0.count) } == 0
            }
    }

    static let started: Bool = {
        var flags =
            OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_NO_ADD_ALL_CIPHERS
            | OPENSSL_INIT_NO_ADD_ALL_DIGESTS | OPENSSL_INIT_NO_ATEXIT
        if isStatic { flags |= OPENSSL_INIT_NO_LOAD_CONFIG }
        return OPENSSL_init_crypto(UInt64(flags), nil) == 1
    }()
}
