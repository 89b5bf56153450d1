// libfcgi, for Codec.swift alone.
#ifndef CHARTS_TOKEN_CFASTCGI_SHIM_H
#define CHARTS_TOKEN_CFASTCGI_SHIM_H

#include <fcgiapp.h>

#endif
