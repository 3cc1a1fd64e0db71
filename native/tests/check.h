/*
 * Checks for the tests: a failed one prints what was wrong with which values, and the test goes on. It refuses to be a
 * framework: a test is a main that ends with `return finish();`.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a sanitizer watches the library: all is some ten times slower, and memory is not what it was. */
static inline int sanitized(void) { return getenv("ADJ_TEST_SANITIZED") != NULL; }

static int checks_done = 0;
static int checks_failed = 0;

#define CHECK(condition, ...)                                  \
  do {                                                         \
    ++checks_done;                                             \
    if (!(condition)) {                                        \
      if (++checks_failed <= 20) {                             \
        printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
        printf(__VA_ARGS__);                                   \
        printf("\n");                                          \
      }                                                        \
    }                                                          \
  } while (0)

/* Prints the counts; the exit status of the test. */
static inline int finish(void) {
  printf("%d checks, %d failed\n", checks_done, checks_failed);
  return checks_failed == 0 && checks_done > 0 ? 0 : 1;
}

#ifdef __cplusplus
}
#endif
