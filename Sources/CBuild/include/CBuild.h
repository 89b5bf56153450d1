// What Swift cannot say: what only the build knows, and what comes before the runtime.
#ifndef CHARTS_TOKEN_CBUILD_H
#define CHARTS_TOKEN_CBUILD_H

/// The commit that the program was built from; NULL where the build wasn't told.
const char *_Nullable shim_commit(void);

#endif
