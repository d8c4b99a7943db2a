// Runs every check, or those named, without Swift: what is cross-compiled and run under qemu.
#include <stdio.h>
#include <string.h>

#include "CKernelChecks.h"
#include "mk_isa.h"

int main(int count, char** names) {
  int failures = 0;
  for (int i = 0; i < kernel_check_count(); i++) {
    kernel_check check = kernel_check_at(i);
    int wanted = count < 2;
    for (int j = 1; j < count; j++) wanted |= strcmp(names[j], check.name) == 0;
    if (!wanted) continue;
    int failed = check.run();
    printf("%-24s %s: %d failed\n", check.name, mk_isa_name(mk_isa()), failed);
    failures += failed;
  }
  return failures != 0;
}
