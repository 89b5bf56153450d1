// The peer of the benchmark: libfcgi's usual loop, a thread and a request each, with an answer as long as ours that is
// neither signed nor even made anew. Build: cc -O2 responder.c -lfcgi -lpthread
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static char body[400];

static void *work(void *unused) {
    FCGX_Request request;
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) == 0) {
        char drained[8192];
        while (FCGX_GetStr(drained, sizeof drained, request.in) == sizeof drained) {}
        FCGX_FPrintF(request.out,
            "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n\r\n%s", body);
        FCGX_Finish_r(&request);
    }
    return unused;
}

int main(void) {
    memset(body, 'x', 347);
    FCGX_Init();
    int threads = getenv("THREADS") ? atoi(getenv("THREADS")) : 8;
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, work, NULL);
    }
    work(NULL);
}
