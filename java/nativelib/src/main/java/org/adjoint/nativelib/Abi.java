package org.adjoint.nativelib;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Raw;

/**
 * The functions of include/adjoint.h's table, from which JavaCPP generates the JNI library. The
 * table comes first, so that several libraries serve through this one class. Addresses are {@code
 * long}s: no object per call, no deallocator. Nothing is checked here; everyone else in this
 * package goes through classes that do. {@link NativeLibrary#load} must have returned before the
 * first call.
 */
@Platform(
    include = {"adjoint.h", "adjoint_jni.h"},
    preload = "adjoint",
    library = "jniadjoint")
@NoException
final class Abi {
  /** The ABI that these declarations were written for ({@code ADJ_ABI_VERSION}). */
  static final int VERSION = 4;

  /** The first word of a program image ({@code ADJ_IMAGE_MAGIC}). */
  static final long IMAGE_MAGIC = 0x31474D494A4441L;

  /** The version of the image format ({@code ADJ_IMAGE_VERSION}). */
  static final long IMAGE_VERSION = 1;

  private Abi() {}

  /** The table of a library, or 0 and {@code adj_jni_open_error} has the reason. */
  @Cast("jlong")
  static native long adj_jni_open(String path, int version);

  /** Empty if the library that was just opened has another version. */
  static native String adj_jni_open_error();

  static native String adj_build_id(@Cast("const adj_api*") long api);

  static native String adj_last_error(@Cast("const adj_api*") long api);

  @Cast("jlong")
  static native long adj_last_operand(@Cast("const adj_api*") long api);

  static native String adj_best_isa(@Cast("const adj_api*") long api);

  static native int adj_context_create(
      @Cast("const adj_api*") long api,
      int threads,
      long budget,
      String isa,
      @Cast("adj_context**") long[] context);

  static native int adj_context_destroy(
      @Cast("const adj_api*") long api, @Cast("adj_context*") long context);

  static native String adj_context_isa(
      @Cast("const adj_api*") long api, @Cast("const adj_context*") long context);

  static native int adj_context_threads(
      @Cast("const adj_api*") long api, @Cast("const adj_context*") long context);

  static native int adj_blas_serves(
      @Cast("const adj_api*") long api, @Cast("const adj_context*") long context);

  static native String adj_blas_config(
      @Cast("const adj_api*") long api, @Cast("const adj_context*") long context);

  static native int adj_buffer_allocate(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      long bytes,
      @Cast("adj_buffer**") long[] buffer);

  /** A new buffer, or 0 and {@code adj_last_error} has the reason. */
  static native long adj_jni_allocate(
      @Cast("const adj_api*") long api, @Cast("adj_context*") long context, long bytes);

  @Cast("jlong")
  static native long adj_buffer_address(
      @Cast("const adj_api*") long api, @Cast("const adj_buffer*") long buffer);

  static native int adj_buffer_free(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      @Cast("adj_buffer*") long buffer);

  static native int adj_memory_on_host(
      @Cast("const adj_api*") long api, @Cast("const adj_context*") long context);

  static native int adj_memory_copy(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      long to,
      long from,
      long bytes);

  static native int adj_memory_report(
      @Cast("const adj_api*") long api,
      @Cast("const adj_context*") long context,
      @Cast("adj_memory*") long[] memory);

  static native int adj_memory_trim(
      @Cast("const adj_api*") long api, @Cast("adj_context*") long context);

  static native int adj_kernel_count(@Cast("const adj_api*") long api);

  static native String adj_kernel_name(@Cast("const adj_api*") long api, int index);

  static native int adj_program_create(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      @Cast("const void*") long image,
      long bytes,
      @Cast("adj_program**") long[] program);

  static native int adj_program_scratch(
      @Cast("const adj_api*") long api,
      @Cast("const adj_program*") long program,
      @Cast("int64_t*") long[] bytes);

  static native int adj_program_run(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      @Cast("const adj_program*") long program,
      @Cast("const adj_binding*") long bindings,
      int count,
      @Cast("int64_t") long carried,
      @Cast("int64_t*") long failed);

  static native int adj_program_run_timed(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      @Cast("const adj_program*") long program,
      @Cast("const adj_binding*") long bindings,
      int count,
      @Cast("int64_t") long carried,
      @Cast("adj_timing*") long timings,
      @Cast("int64_t") long timingsCount,
      @Cast("int64_t*") long failed);

  static native int adj_program_destroy(
      @Cast("const adj_api*") long api, @Cast("adj_program*") long program);

  @Raw(withEnv = true)
  static native ByteBuffer adj_jni_view(long address, long bytes);

  /** The first {@code bytes} bytes at an address, the others 0. */
  static native long adj_jni_word(long address, int bytes);

  static native long adj_jni_address(@Raw(withEnv = true) Object buffer);

  static native int adj_jni_blas_open(
      @Cast("const adj_api*") long api,
      @Cast("adj_context*") long context,
      String quadmath,
      String gfortran,
      String openblas);
}
