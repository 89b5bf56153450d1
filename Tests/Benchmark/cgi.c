// The peer of the benchmark for plain CGI: what one would write in C with libfcgi and OpenSSL's one-shot HMAC().
// Build: cc -O2 cgi.c -lfcgi -lcrypto
#include <fcgi_stdio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// base64url without padding; returns the end of what it has written.
static char *encode(char *out, const unsigned char *bytes, size_t length) {
    int count = EVP_EncodeBlock((unsigned char *)out, bytes, length);
    while (count > 0 && out[count - 1] == '=') count--;
    for (int i = 0; i < count; i++) {
        if (out[i] == '+') out[i] = '-';
        if (out[i] == '/') out[i] = '_';
    }
    out[count] = 0;
    return out + count;
}

int main(void) {
    while (FCGI_Accept() >= 0) {
        const char *key = getenv("TINYBIRD_SIGNING_KEY");
        char payload[512], token[1024] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
        int length = snprintf(payload, sizeof payload,
            "{\"workspace_id\":\"%s\",\"name\":\"charts_token\",\"exp\":%ld,"
            "\"scopes\":[{\"type\":\"PIPES:READ\",\"resource\":\"%s\"}]}",
            getenv("TINYBIRD_WORKSPACE_ID"), (long)time(NULL) + 172800, getenv("TINYBIRD_PIPES"));
        char *end = encode(token + strlen(token), (unsigned char *)payload, length);
        unsigned char signature[32];
        HMAC(EVP_sha256(), key, strlen(key), (unsigned char *)token, end - token, signature, NULL);
        *end++ = '.';
        encode(end, signature, sizeof signature);
        printf("Content-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n"
               "{\"token\":\"%s\",\"expires_in\":172800}", token);
    }
}
