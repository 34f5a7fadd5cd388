// The one place that includes libmicrohttpd's header. MHD_start_daemon is variadic, which Swift cannot call: a typed
// wrapper stands here.
#pragma once
#include <microhttpd.h>
