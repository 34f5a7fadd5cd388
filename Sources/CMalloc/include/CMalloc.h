// The one place that includes glibc's header of malloc's settings, which Swift's module of glibc leaves out.
#pragma once
#include <malloc.h>
