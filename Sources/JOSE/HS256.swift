import COpenSSL

/// HMAC with SHA-256, keyed once and used for many signatures
/// ([RFC 7518 §3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2),
/// [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
///
/// It is neither copyable nor `Sendable`: the OpenSSL context inside changes with each signature, so each worker
/// has its own, and the compiler forbids sharing it.
public struct HS256: ~Copyable {
    /// A signature: 32 bytes.
    public typealias Signature = [32 of UInt8]

    /// The shortest key that RFC 7518 §3.2 allows, in bytes. A shorter one works and is for the caller to judge.
    public static let shortestKeyLength = 32

    private let context: OpaquePointer

    /// Keys the algorithm.
    ///
    /// - Parameter key: The key's bytes; at least one.
    /// - Throws: ``OpenSSLError`` when OpenSSL can't provide HMAC-SHA-256, or the key is empty.
    public init(key: Span<UInt8>) throws(OpenSSLError) {
        guard OpenSSL.started else { throw OpenSSLError("OPENSSL_init_crypto") }
        guard let algorithm = EVP_MAC_fetch(nil, "HMAC", nil) else { throw OpenSSLError("EVP_MAC_fetch") }
        defer { EVP_MAC_free(algorithm) }
        guard let context = EVP_MAC_CTX_new(algorithm) else { throw OpenSSLError("EVP_MAC_CTX_new") }
        guard Self.setKey(key, of: context) else {
            EVP_MAC_CTX_free(context)
            throw OpenSSLError("EVP_MAC_init")
        }
        self.context = context
    }

    deinit {
        EVP_MAC_CTX_free(context)
    }

    /// The signature of `signingInput`.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func sign(_ signingInput: Span<UInt8>) throws(OpenSSLError) -> Signature {
        // Without a key the context starts again with the one it has, whose two padded blocks are hashed already.
        guard EVP_MAC_init(context, nil, 0, nil) == 1 else { throw OpenSSLError("EVP_MAC_init") }
        let updated = signingInput.withUnsafeBufferPointer { input in
            EVP_MAC_update(context, input.baseAddress, input.count)
        }
        guard updated == 1 else { throw OpenSSLError("EVP_MAC_update") }
        var signature = Signature(repeating: 0)
        var length = 0
        var output = signature.mutableSpan
        let finished = output.withUnsafeMutableBufferPointer { output in
            EVP_MAC_final(context, output.baseAddress, &length, output.count)
        }
        guard finished == 1, length == signature.count else { throw OpenSSLError("EVP_MAC_final") }
        return signature
    }

    /// Whether `signature` is the one of `signingInput`, compared in constant time.
    ///
    /// - Throws: ``OpenSSLError`` when OpenSSL fails.
    public mutating func verify(_ signature: [UInt8], of signingInput: Span<UInt8>) throws(OpenSSLError) -> Bool {
        let expected = try sign(signingInput)
        return OpenSSL.isEqual(expected.span, signature.span)
    }

    private static func setKey(_ key: Span<UInt8>, of context: OpaquePointer) -> Bool {
        // OpenSSL keeps both pointers of a parameter until the call ends; a bridged Swift string would be gone.
        let name: StaticString = "digest"
        let digest: StaticString = "SHA256"
        return key.withUnsafeBufferPointer { key in
            guard let bytes = key.baseAddress, !key.isEmpty else { return false }
            let parameters = [
                OSSL_PARAM_construct_utf8_string(
                    UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
                    UnsafeMutableRawPointer(mutating: digest.utf8Start).assumingMemoryBound(to: CChar.self),
                    digest.utf8CodeUnitCount),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, bytes, key.count, parameters) == 1
        }
    }
}
