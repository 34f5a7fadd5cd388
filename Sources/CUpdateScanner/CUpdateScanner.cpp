#include "CUpdateScanner.h"
