#include "CLeafDigest.h"
