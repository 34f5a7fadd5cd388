// The one place that includes libcurl's headers. curl_easy_setopt and curl_easy_getinfo are variadic, which Swift
// cannot call: typed wrappers stand here.
#pragma once
#include <curl/curl.h>
