// What the system's OpenBLAS declares; see the trait of that name in Package.swift.
#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <cblas.h>

#endif
