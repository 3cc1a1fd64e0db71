/*
 * Adjoint's whole C ABI: contexts, buffers, kernels by name, programs, as one table of functions that a library hands
 * out. C99.
 *
 * It refuses to be a tensor library: shapes, gradients and planning are decided above it, and arrive here as one
 * program image. It never throws, aborts, exits or prints; every failure is a status plus a text. To add an op, add a
 * kernel to a table in native/src/kernels: nothing in this file changes.
 */
#ifndef ADJOINT_H
#define ADJOINT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ADJ_API __attribute__((visibility("default")))
#else
#define ADJ_API
#endif

/* Raised whenever a declaration or the image format changes in a way that an older caller would notice. */
#define ADJ_ABI_VERSION 4

/* What functions answer. The values are explicit and never reused. */
typedef enum adj_status {
  ADJ_OK = 0,
  ADJ_INVALID_ARGUMENT = 1, /* a null pointer, a negative size, an unknown name */
  ADJ_INVALID_IMAGE = 2,    /* a program image whose counts, offsets, types or shapes do not hold together */
  ADJ_UNKNOWN_KERNEL = 3,   /* no kernel of that name, or none for those dtypes */
  ADJ_OUT_OF_MEMORY = 4,    /* the budget or the machine has no room; the text has the figures */
  ADJ_OUT_OF_RANGE = 5, /* an index or a label that is data lies outside its axis; the text has position and value */
  ADJ_UNAVAILABLE = 6,  /* a library or an instruction set that this machine does not have */
  ADJ_INTERNAL = 7,     /* a C++ exception reached the boundary; the text is its message */
  ADJ_NOT_FINITE = 8,   /* a number that must be finite is NaN or infinite; the text has position and value */
  ADJ_DIVISION_BY_ZERO = 9, /* an integer that divides is 0; the text has its position */
  ADJ_DEVICE_ERROR = 10     /* a GPU has failed; the text has CUDA's name, and its context refuses all from then on */
} adj_status;

/* Element types as they stand in a program image. */
typedef enum adj_dtype {
  ADJ_F32 = 1,
  ADJ_F64 = 2,
  ADJ_BF16 = 3, /* the upper half of an F32: stored, moved, cast and multiplied as matrices */
  ADJ_I32 = 4,
  ADJ_I64 = 5,
  ADJ_BOOL = 6 /* one byte, 0 or 1 */
} adj_dtype;

/* A thread pool, an allocator with its budget, an instruction set and, once opened, a BLAS. */
typedef struct adj_context adj_context;

/* A validated list of kernel calls over bindings. Immutable: any number of threads may run it at once. */
typedef struct adj_program adj_program;

/* A block of 64-byte aligned memory that belongs to a context. */
typedef struct adj_buffer adj_buffer;

/* Memory that one run works on: binding i of the image. The address may be 0 where the image needs 0 bytes. */
typedef struct adj_binding {
  uint64_t address;
  int64_t bytes;
} adj_binding;

/* What a timed run tells of one instruction. */
typedef struct adj_timing {
  int64_t nanoseconds; /* its part of the run's time by the clock; of a loop with all of its turns */
  int64_t runs;        /* how often it ran: in the body of a loop once a turn */
  int64_t group;       /* the first of the instructions that it ran with, strip of rows by strip; itself if alone */
} adj_timing;

/* Bytes and counts of a context's allocator, as of one moment. */
typedef struct adj_memory {
  int64_t budget;      /* the most bytes that may be outstanding; 0 is no limit */
  int64_t outstanding; /* bytes in buffers that callers hold, and in the scratch of runs while they last */
  int64_t pooled;      /* bytes beyond those: freed blocks kept for reuse, and what sizes were rounded up by */
  int64_t peak;        /* the highest value `outstanding` has had */
  int64_t buffers;     /* how many buffers callers hold */
} adj_memory;

/*
 * A program image is an array of little-endian 64-bit integers ("words"), 8-byte aligned:
 *
 *   magic (ADJ_IMAGE_MAGIC), version (ADJ_IMAGE_VERSION), total words, bindings B, kernel names N, instructions I, 0, 0
 *   B words:    the bytes that each binding must have at least
 *   N x 8 words: kernel names, UTF-8, padded with NUL to 64 bytes, at least one NUL
 *   I instructions, each:
 *     kernel (index into the names), words of this instruction, ints, inputs, outputs
 *     the ints (attributes; their meaning is the kernel's, native/src/kernels/README.md)
 *     the operands, inputs first: binding, byte offset, dtype, rank, dims[rank], strides[rank]
 *
 * Strides count elements, are >= 0, and are 0 along broadcast axes; rank is at most ADJ_MAX_RANK. Every operand lies
 * inside its binding. An output has no 0 stride on an axis longer than 1, and shares memory with an input only
 * where the kernel allows it and both have the same offset, dims, strides and dtype.
 */
#define ADJ_IMAGE_MAGIC INT64_C(0x31474D494A4441)
#define ADJ_IMAGE_VERSION 1
#define ADJ_MAX_RANK 16

/*
 * All functions of a library: one backend. A process may have several libraries, each with a table of its own, whose
 * handles do not mix. Of a library for a GPU, addresses are the device's (memory_on_host), and its threads are the runs
 * that may be on the device at once.
 */
typedef struct adj_api {
  /* ---- library ---- */

  int32_t version; /* ADJ_ABI_VERSION of the library as built */

  /* Returns a text that differs between two builds of the library, for noticing a stale extracted copy. Static memory.
   */
  const char* (*build_id)(void);

  /* Returns the text of the last failure on the calling thread, "" if none. Valid until that thread's next failure. */
  const char* (*last_error)(void);

  /* Returns the input of the failed instruction that the last failure on the calling thread is about, -1 for none. */
  int64_t (*last_operand)(void);

  /* Returns the best this machine runs: "amx", "avx512bf16", "avx512", "avx2" or "baseline". Static memory. */
  const char* (*best_isa)(void);

  /* ---- context ---- */

  /*
   * Creates a context. `threads` >= 1 is how many cores its runs may keep busy together, callers included;
   * `budget` is in bytes, 0 for none; `isa` names an instruction set, or NULL for ADJOINT_ISA of the environment and
   * else the best one. An instruction set the machine lacks is ADJ_UNAVAILABLE.
   */
  adj_status (*context_create)(int32_t threads, int64_t budget, const char* isa, adj_context** context);

  /* Frees a context with its pool. Its buffers and programs must be gone; NULL is allowed. */
  adj_status (*context_destroy)(adj_context* context);

  /* Returns the instruction set the context runs on, or its device; NULL for a null context. The context's memory. */
  const char* (*context_isa)(const adj_context* context);

  /* Returns how many threads the context may keep busy, 0 for a null context. */
  int32_t (*context_threads)(const adj_context* context);

  /* Returns 1 if products of the context's instruction set may go to OpenBLAS, 0 if opening it would serve nothing. */
  int32_t (*blas_serves)(const adj_context* context);

  /*
   * Opens OpenBLAS from a file for this process, after the `dependencies_count` libraries it needs, in order, and keeps
   * it single-threaded. Idempotent. Without it matmul runs on Adjoint's own kernels.
   */
  adj_status (*blas_open)(adj_context* context, const char* const* dependencies, int32_t dependencies_count,
                          const char* openblas);

  /* Returns OpenBLAS' own description of itself once opened, "" before. Valid for the life of the process. */
  const char* (*blas_config)(const adj_context* context);

  /* ---- memory ---- */

  /* Allocates `bytes` >= 0, 64-byte aligned, contents undefined. Past the budget it is ADJ_OUT_OF_MEMORY. */
  adj_status (*buffer_allocate)(adj_context* context, int64_t bytes, adj_buffer** buffer);

  /* Returns a buffer's address, 0 for NULL. */
  uint64_t (*buffer_address)(const adj_buffer* buffer);

  /* Gives a buffer back to its context's pool; NULL is allowed. */
  adj_status (*buffer_free)(adj_context* context, adj_buffer* buffer);

  /* Returns 1 if the host may read and write the context's buffers at their addresses, 0 if memory_copy has to. */
  int32_t (*memory_on_host)(const adj_context* context);

  /*
   * Copies `bytes` >= 0 from one address to another and returns when they are there. Each is the host's, or inside a
   * buffer of the context; they do not overlap.
   */
  adj_status (*memory_copy)(adj_context* context, uint64_t to, uint64_t from, int64_t bytes);

  /* Writes the allocator's figures. */
  adj_status (*memory_report)(const adj_context* context, adj_memory* memory);

  /* Returns freed blocks to the system, and what malloc keeps of them. */
  adj_status (*memory_trim)(adj_context* context);

  /* ---- kernels ---- */

  /* Returns the index of the kernel of that name, -1 if there is none. */
  int32_t (*kernel_find)(const char* name);

  /* Returns how many kernels there are; their indices are 0 .. count-1. */
  int32_t (*kernel_count)(void);

  /* Returns the name of a kernel, NULL for an index out of range. Static memory. */
  const char* (*kernel_name)(int32_t index);

  /* ---- programs ---- */

  /* Validates an image completely, resolves its kernels, and copies what it needs; the image may be freed afterwards.
   */
  adj_status (*program_create)(adj_context* context, const void* image, int64_t bytes, adj_program** program);

  /*
   * Writes how many bytes of scratch a run of the program takes from the context's memory while it lasts. They count
   * against the budget: a run that would pass it fails with ADJ_OUT_OF_MEMORY before the first instruction.
   */
  adj_status (*program_scratch)(const adj_program* program, int64_t* bytes);

  /*
   * Runs a program to its end on the calling thread and free workers. `bindings` has one entry per binding of the
   * image, of at least its size and aligned to its element size; where a run writes one, no other may share its memory.
   * The `carried` >= 0 bytes behind the bindings are the run's own: whatever memory a backend has, bindings may lie
   * there. A GPU takes these bytes along and brings them back, a multiple of 8.
   * On failure `failed` (may be NULL) receives the index of the instruction that failed, or -1 if none had started;
   * what earlier instructions wrote stays, and no later one has run.
   */
  adj_status (*program_run)(adj_context* context, const adj_program* program, const adj_binding* bindings,
                            int32_t bindings_count, int64_t carried, int64_t* failed);

  /*
   * The same, with a timing for each instruction in order, and behind a loop for those of its body; `group` counts in
   * this list too. `timings_count` must be how many there are. After a failure they tell of what has run.
   */
  adj_status (*program_run_timed)(adj_context* context, const adj_program* program, const adj_binding* bindings,
                                  int32_t bindings_count, int64_t carried, adj_timing* timings, int64_t timings_count,
                                  int64_t* failed);

  /* Frees a program that no thread is running; NULL is allowed. */
  adj_status (*program_destroy)(adj_program* program);
} adj_api;

/*
 * Returns the library's table, valid for the life of the process, or NULL if the library has another version than the
 * one asked for, which is ADJ_ABI_VERSION. The only symbol that a library exports.
 */
ADJ_API const adj_api* adj_get_api(int32_t version);

#ifdef __cplusplus
}
#endif

#endif
