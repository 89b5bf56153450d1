#include "CBuild.h"

const char *_Nullable shim_commit(void) {
#ifdef CHARTS_TOKEN_COMMIT
    return CHARTS_TOKEN_COMMIT;
#else
    return 0;
#endif
}
