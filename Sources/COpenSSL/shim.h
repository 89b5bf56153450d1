// OpenSSL 3's libcrypto: EVP_MAC for HMAC-SHA-256 (RFC 2104), its start-up, and how the program was started.
#ifndef CHARTS_TOKEN_COPENSSL_SHIM_H
#define CHARTS_TOKEN_COPENSSL_SHIM_H

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/auxv.h>

#endif
